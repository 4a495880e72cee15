{# The receipts of each landed batch, in one pass: how they came out, and how many are not as they should be. #}
SELECT landed.batch_id, landed.kind, COUNT(receipt.row) AS receipts,
       COALESCE(SUM(CASE WHEN receipt.row < 0 OR receipt.row >= landed.rows THEN 1 ELSE 0 END), 0) AS beyond,
       COALESCE(SUM(CASE WHEN receipt.run_id <> :run_id THEN 1 ELSE 0 END), 0) AS elsewhere,
{% for outcome in ["quarantined", "filtered", "known", "updated", "new"] %}
       COALESCE(SUM(CASE WHEN receipt.outcome = '{{ outcome }}' THEN 1 ELSE 0 END), 0) AS {{ outcome }},
{% endfor %}
       COALESCE(SUM(CASE
           WHEN (receipt.outcome = 'quarantined') <> (receipt.reasons IS NOT NULL) THEN 1 ELSE 0
       END), 0) AS unreasoned,
       COALESCE(SUM(CASE
           WHEN (landed.kind = 'leads' AND receipt.outcome IN ('known', 'updated', 'new'))
             <> (receipt.lead_id IS NOT NULL) THEN 1 ELSE 0
       END), 0) AS misnamed,
       COALESCE(SUM(CASE
           WHEN landed.kind = 'leads' AND receipt.outcome = 'new'
            AND lead.first_run = :run_id AND lead.first_batch = receipt.batch_id AND lead.first_row = receipt.row
           THEN 1 ELSE 0
       END), 0) AS founding,
       COALESCE(SUM(CASE
           WHEN receipt.outcome IN ('known', 'updated') AND receipt.lead_id <> '' AND lead.lead_id IS NULL
           THEN 1 ELSE 0
       END), 0) AS bereft,
       COALESCE(SUM(CASE WHEN receipt.lead_id <> '' AND link.identity IS NULL THEN 1 ELSE 0 END), 0) AS unlinked
FROM load_landed AS landed
LEFT JOIN receipt ON receipt.supplier = :supplier AND receipt.batch_id = landed.batch_id
LEFT JOIN lead ON lead.supplier = receipt.supplier AND lead.lead_id = receipt.lead_id
LEFT JOIN source_link AS link ON link.supplier = receipt.supplier AND link.identity = receipt.identity
GROUP BY landed.batch_id, landed.kind, landed.rows
