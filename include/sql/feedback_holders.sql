-- The assignments that these records serve, and their leads.
SELECT r.record_id, r.object, r.created, a.assignment_id, a.partner_id, a.active, a.status, a.rep_name, a.rep_email,
       l.lead_id, l.email, l.sales_status, CAST(l.attributes AS TEXT) AS attributes, l.partner_changes
FROM load_crm_record AS n
CROSS JOIN crm_record AS r  -- keeps SQLite to starting from these records
CROSS JOIN assignment AS a
JOIN lead AS l ON l.supplier = a.supplier AND l.lead_id = a.lead_id
WHERE r.supplier = :supplier AND r.account_id = :account_id AND r.record_id = n.record_id
  AND a.supplier = r.supplier AND a.assignment_id = r.assignment_id
ORDER BY r.record_id, r.linked_at, a.assignment_id
