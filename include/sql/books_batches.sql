{# Receipts of each landed batch. #}
SELECT landed.batch_id, COUNT(receipt.row) AS receipts,
       COALESCE(SUM(CASE WHEN receipt.row < 0 OR receipt.row >= landed.rows THEN 1 ELSE 0 END), 0) AS beyond,
       COALESCE(SUM(CASE WHEN receipt.run_id <> :run_id THEN 1 ELSE 0 END), 0) AS elsewhere,
{% for outcome in ["quarantined", "filtered", "known", "updated", "new"] %}
       COALESCE(SUM(CASE WHEN receipt.outcome = '{{ outcome }}' THEN 1 ELSE 0 END), 0) AS {{ outcome }}{{ "," if not loop.last }}
{% endfor %}
FROM load_landed AS landed
LEFT JOIN receipt ON receipt.supplier = :supplier AND receipt.batch_id = landed.batch_id
GROUP BY landed.batch_id, landed.rows
