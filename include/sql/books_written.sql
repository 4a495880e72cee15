SELECT state, COUNT(*) AS rows FROM writeback
WHERE supplier = :supplier AND run_id = :run_id
GROUP BY state
