SELECT outcome, COUNT(*) AS rows FROM receipt WHERE supplier = :supplier AND batch_id = :batch_id GROUP BY outcome
