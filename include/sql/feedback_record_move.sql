-- A merge or a conversion: what serves an assignment now.
UPDATE crm_record SET object = n.object, record_id = n.record_id
FROM load_crm_record AS n
WHERE crm_record.supplier = :supplier AND crm_record.account_id = :account_id
  AND crm_record.assignment_id = n.assignment_id
