{# Pulls of other runs that are not received or not judged to their end; `quiet`: without a sign of life since
   :before, they neither landed nor received anything, nor read. One that a person held or released is left. #}
SELECT pull.run_id, pull.kind, run.dag_id,
       (
           pull.landed_at < :before
           AND NOT EXISTS (
               SELECT 1 FROM batch
               WHERE batch.supplier = pull.supplier AND batch.run_id = pull.run_id
                 AND batch.received_at >= :before
           )
           AND NOT EXISTS (
               SELECT 1 FROM lease
               WHERE lease.supplier = pull.supplier AND lease.run_id = pull.run_id AND lease.expires_at > :now
           )
       ) AS quiet
FROM pull
JOIN run ON run.supplier = pull.supplier AND run.run_id = pull.run_id
WHERE pull.supplier = :supplier AND pull.run_id <> :run_id
  AND (pull.judged IS NULL OR (pull.judged = 'passed' AND pull.completed_at IS NULL))
  AND pull.released_by IS NULL
ORDER BY pull.landed_at, pull.run_id, pull.kind
