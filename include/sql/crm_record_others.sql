-- Those of these records (load_crm_record) that serve leads of other suppliers: an account of theirs is the same CRM
-- where it has the same connection.
SELECT DISTINCT n.record_id
FROM crm_account AS us
CROSS JOIN crm_account AS them  -- keeps SQLite to starting from these accounts
CROSS JOIN load_crm_record AS n
CROSS JOIN crm_record AS r
WHERE us.supplier = :supplier AND us.account_id = :account_id
  AND them.connection = us.connection AND them.supplier <> us.supplier
  AND r.supplier = them.supplier AND r.account_id = them.account_id AND r.record_id = n.record_id
