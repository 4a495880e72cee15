-- What happened at partners, for each living source record of its lead.
INSERT INTO event_write (supplier, event_id, identity, lead_id, state, attempts, not_before, run_id, queued_at)
SELECT e.supplier, e.event_id, k.identity, e.lead_id, 'waiting', 0, 0, :run_id, CAST(:at AS BIGINT)
FROM event AS e
JOIN source_link AS k ON k.supplier = e.supplier AND k.lead_id = e.lead_id
WHERE e.supplier = :supplier
  AND e.origin = 'partner'
  AND NOT e.queued
  AND e.opportunity_id IS NULL
  AND k.deleted_at IS NULL
  AND k.record_id IS NOT NULL
ON CONFLICT (supplier, event_id, identity) DO NOTHING
