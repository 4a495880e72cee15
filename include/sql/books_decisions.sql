SELECT decision, COUNT(*) AS rows FROM lead
WHERE supplier = :supplier AND first_run = :run_id
GROUP BY decision
