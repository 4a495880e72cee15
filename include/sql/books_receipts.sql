{# SQLite joins in the order written: by itself it walks whole tables by id, a page a row. #}
{% set join = "CROSS JOIN" if dialect == "sqlite" else "JOIN" %}
{# What is wrong with receipts, beside what books_batches finds in each batch; each line is counted apart and named. #}
SELECT 'receipts of this run in a batch that was not landed' AS what, COUNT(*) AS rows
FROM receipt
WHERE supplier = :supplier AND run_id = :run_id
  AND batch_id NOT IN (SELECT batch_id FROM load_landed)
UNION ALL
SELECT 'leads whose updated receipts and history lines differ', COUNT(*)
FROM (
    SELECT lead_id
    FROM (
        SELECT receipt.lead_id, CASE WHEN receipt.outcome = 'updated' THEN 1 ELSE 0 END AS weight
        FROM load_landed AS landed
        {{ join }} receipt ON receipt.supplier = :supplier AND receipt.batch_id = landed.batch_id
        WHERE landed.kind = 'leads' AND receipt.outcome IN ('known', 'updated')
        UNION ALL
        SELECT history.lead_id, -1
        FROM history
        WHERE history.supplier = :supplier AND history.run_id = :run_id
          AND history.kind IN ('updated', 'source_deleted', 'source_merged', 'source_restored')
          AND history.lead_id IN (
              SELECT receipt.lead_id
              FROM load_landed AS landed
              {{ join }} receipt ON receipt.supplier = :supplier AND receipt.batch_id = landed.batch_id
              WHERE receipt.outcome IN ('known', 'updated')
          )
    ) AS weighed
    GROUP BY lead_id
    HAVING SUM(weight) <> 0
) AS unequal
