SELECT delivery_id, lead_id, account_id, partner_id, state, attempts, vendor_code, vendor_field, message
FROM delivery
WHERE supplier = :supplier AND state IN ('waiting', 'decided', 'refused')
  AND (run_id = :run_id
       OR lead_id IN (SELECT lead_id FROM lead WHERE supplier = :supplier AND first_run = :run_id))
ORDER BY account_id, queued_at, delivery_id
