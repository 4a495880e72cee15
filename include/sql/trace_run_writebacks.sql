SELECT state, count(*) AS writebacks
FROM writeback
WHERE supplier = :supplier
  AND (run_id = :run_id
       OR lead_id IN (SELECT lead_id FROM lead WHERE supplier = :supplier AND first_run = :run_id))
GROUP BY state
ORDER BY state
