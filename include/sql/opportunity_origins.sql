-- The records of active assignments in an account: what opportunities may come from.
SELECT r.record_id, r.object, r.linked_at, a.assignment_id, a.lead_id, a.partner_id, a.assigned_at, l.email_key
FROM crm_record AS r
JOIN assignment AS a ON a.supplier = r.supplier AND a.assignment_id = r.assignment_id AND a.active
JOIN lead AS l ON l.supplier = a.supplier AND l.lead_id = a.lead_id
WHERE r.supplier = :supplier AND r.account_id = :account_id
ORDER BY r.record_id, a.assignment_id
