-- One row per activity and lead, however often it is read.
INSERT INTO event (supplier, event_id, lead_id, type, occurred_at, body, origin, subject, opportunity_id, run_id)
SELECT :supplier, n.event_id, n.lead_id, n.type, n.occurred_at, n.body, 'partner', n.subject, n.opportunity_id, :run_id
FROM load_event AS n
WHERE TRUE
ON CONFLICT (supplier, event_id) DO NOTHING
