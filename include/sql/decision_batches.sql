{# Batches that still have leads to route, in the order in which their leads are routed. #}
SELECT waiting.first_batch, waiting.leads, pull.run_id AS pull_run, pull.judged
FROM (
    SELECT first_run, first_batch, COUNT(*) AS leads, MIN(created_at) AS created_at
    FROM lead
    WHERE supplier = :supplier AND decision IS NULL
    GROUP BY first_run, first_batch
) AS waiting
LEFT JOIN run ON run.supplier = :supplier AND run.run_id = waiting.first_run
LEFT JOIN batch ON batch.supplier = :supplier AND batch.batch_id = waiting.first_batch
LEFT JOIN pull
    ON pull.supplier = :supplier AND pull.run_id = waiting.first_run AND pull.kind = 'leads'
ORDER BY
    COALESCE(run.started_at, waiting.created_at),
    waiting.first_run,
    COALESCE(batch.number, 0),
    waiting.first_batch
