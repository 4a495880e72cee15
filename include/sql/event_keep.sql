-- One row per activity and lead, however many of the lead's records carry it and however often it is read.
INSERT INTO event (supplier, event_id, lead_id, type, occurred_at, body, origin, run_id)
SELECT :supplier, event_id, lead_id, type, occurred_at, body, 'supplier', :run_id
FROM {{ table_loaded }}
WHERE TRUE
ON CONFLICT (supplier, event_id) DO NOTHING
