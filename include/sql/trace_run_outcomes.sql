SELECT batch_id, outcome, count(*) AS receipts
FROM receipt
WHERE supplier = :supplier AND run_id = :run_id
GROUP BY batch_id, outcome
ORDER BY batch_id, outcome
