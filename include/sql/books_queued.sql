SELECT state, COUNT(*) AS rows FROM delivery
WHERE supplier = :supplier AND run_id = :run_id
GROUP BY state
