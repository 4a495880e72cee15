SELECT identity, sequence, lead_id, state, attempts, vendor_code, message
FROM writeback
WHERE supplier = :supplier AND state IN ('waiting', 'refused')
  AND (run_id = :run_id
       OR lead_id IN (SELECT lead_id FROM lead WHERE supplier = :supplier AND first_run = :run_id))
ORDER BY queued_at, identity, sequence
