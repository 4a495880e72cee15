-- The supplier's events on leads that have a record in this account, and that nobody queued yet.
INSERT INTO event_delivery (supplier, assignment_id, event_id, state, attempts, not_before)
SELECT e.supplier, a.assignment_id, e.event_id, 'waiting', 0, 0
FROM event AS e
JOIN assignment AS a ON a.supplier = e.supplier AND a.lead_id = e.lead_id AND a.active
JOIN crm_record AS r
  ON r.supplier = a.supplier AND r.assignment_id = a.assignment_id AND r.account_id = :account_id
WHERE e.supplier = :supplier
  AND e.origin = 'supplier'
  AND NOT e.queued
  AND a.status IN ('accepted', :besides)
ON CONFLICT (supplier, assignment_id, event_id) DO NOTHING
