SELECT s.record_id, s.troubles
FROM crm_seen AS s
WHERE s.supplier = :supplier AND s.account_id = :account_id AND s.troubles IS NOT NULL
ORDER BY s.record_id
