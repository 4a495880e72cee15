-- A note is an event of its own, named by its delivery.
INSERT INTO event_delivery (supplier, assignment_id, event_id, state, attempts, not_before)
SELECT :supplier, n.assignment_id, n.delivery_id, 'waiting', 0, 0
FROM load_outcome AS n
WHERE n.state = 'sent' AND n.decision IS NOT NULL
ON CONFLICT (supplier, assignment_id, event_id) DO NOTHING
