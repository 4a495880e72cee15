-- Accounts with records that carry leads: what there is to read back.
SELECT c.account_id, c.state
FROM crm_account AS c
WHERE c.supplier = :supplier
  AND EXISTS (
    SELECT 1 FROM crm_record AS r WHERE r.supplier = c.supplier AND r.account_id = c.account_id
  )
ORDER BY c.account_id
