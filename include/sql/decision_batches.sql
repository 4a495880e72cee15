{# Batches that still have leads to route, in the order in which their leads are routed. #}
SELECT one.first_batch, waiting.leads, pull.run_id AS pull_run, pull.judged
FROM (
    SELECT COUNT(*) AS leads, MIN(lead_id) AS lead_id
    FROM lead
    WHERE supplier = :supplier AND decision IS NULL
    GROUP BY first_batch
) AS waiting
{# All of a batch came in one run, and at one time: any of them tells. #}
JOIN lead AS one ON one.supplier = :supplier AND one.lead_id = waiting.lead_id
LEFT JOIN run ON run.supplier = :supplier AND run.run_id = one.first_run
LEFT JOIN batch ON batch.supplier = :supplier AND batch.batch_id = one.first_batch
LEFT JOIN pull ON pull.supplier = :supplier AND pull.run_id = one.first_run AND pull.kind = 'leads'
ORDER BY
    COALESCE(run.started_at, one.created_at),
    one.first_run,
    COALESCE(batch.number, 0),
    one.first_batch
