SELECT o.opportunity_id, o.record_id, o.lead_id, o.first_seen_at, l.email_key
FROM opportunity AS o
JOIN lead AS l ON l.supplier = o.supplier AND l.lead_id = o.lead_id
WHERE o.supplier = :supplier AND o.account_id = :account_id AND o.deleted_at IS NULL
ORDER BY o.record_id
