DELETE FROM crm_seen
WHERE supplier = :supplier AND account_id = :account_id
  AND record_id IN (SELECT n.record_id FROM load_crm_seen AS n)
