{# Runs whose raw data are older than they may be, the oldest first; `settled`: each row has its receipt and the
   books balance; `landed`: the hub knows of a pull. #}
SELECT run.run_id,
       EXISTS (
           SELECT 1 FROM pull WHERE pull.supplier = run.supplier AND pull.run_id = run.run_id
       ) AS landed,
       COALESCE(run.balanced, FALSE) AND NOT EXISTS (
           SELECT 1 FROM batch
           WHERE batch.supplier = run.supplier AND batch.run_id = run.run_id AND batch.received_at IS NULL
       ) AS settled
FROM run
WHERE run.supplier = :supplier AND run.raw_removed_at IS NULL AND run.started_at < :before
ORDER BY run.started_at, run.run_id
