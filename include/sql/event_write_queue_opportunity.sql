-- What happened on opportunities that have a record at the supplier.
INSERT INTO event_write (supplier, event_id, identity, lead_id, state, attempts, not_before, run_id, queued_at)
SELECT e.supplier, e.event_id, '', e.lead_id, 'waiting', 0, 0, :run_id, CAST(:at AS BIGINT)
FROM event AS e
JOIN opportunity AS o ON o.supplier = e.supplier AND o.opportunity_id = e.opportunity_id
WHERE e.supplier = :supplier
  AND e.origin = 'partner'
  AND NOT e.queued
  AND o.source_record_id IS NOT NULL
ON CONFLICT (supplier, event_id, identity) DO NOTHING
