-- Records whose status meant nothing when it was read.
SELECT s.record_id, s.status FROM crm_seen AS s
WHERE s.supplier = :supplier AND s.account_id = :account_id AND s.unmapped
ORDER BY s.record_id
