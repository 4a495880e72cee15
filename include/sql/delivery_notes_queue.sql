INSERT INTO event_delivery (supplier, assignment_id, event_id, state, attempts, not_before)
SELECT :supplier, n.assignment_id, n.event_id, 'waiting', 0, 0
FROM load_event_delivery AS n
WHERE true
ON CONFLICT (supplier, assignment_id, event_id) DO NOTHING
