-- The supplier's events on leads that have a record in this account, and that nobody queued yet.
INSERT INTO event_delivery (supplier, assignment_id, event_id, state, attempts, not_before)
SELECT e.supplier, a.assignment_id, e.event_id, 'waiting', 0, 0
FROM crm_record AS r
JOIN assignment AS a ON a.supplier = r.supplier AND a.assignment_id = r.assignment_id
JOIN event AS e ON e.supplier = a.supplier AND e.lead_id = a.lead_id
WHERE r.supplier = :supplier
  AND r.account_id = :account_id
  AND a.active
  AND a.status IN ('accepted', :besides)
  AND e.origin = 'supplier'
ON CONFLICT (supplier, assignment_id, event_id) DO NOTHING
