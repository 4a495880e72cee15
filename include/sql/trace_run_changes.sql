-- What a run's history tells, by kind: what a feedback run read back.
SELECT h.kind, COUNT(*) AS lines
FROM history AS h
WHERE h.supplier = :supplier AND h.run_id = :run_id AND substr(h.actor, 1, 4) = 'crm:'
  AND h.kind IN (
    'sales_status', 'crm_updated', 'crm_deleted', 'crm_restored', 'crm_merged', 'crm_converted', 'rep_assigned',
    'opportunity_created', 'opportunity_updated', 'opportunity_deleted', 'accepted', 'rejected'
  )
GROUP BY h.kind
ORDER BY h.kind
