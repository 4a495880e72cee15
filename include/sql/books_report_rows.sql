{# SQLite joins in the order written. #}
{% set join = "CROSS JOIN" if dialect == "sqlite" else "JOIN" %}
{# How the rows of lead batches came out, per run and value. #}
SELECT run_id, value, COUNT(*) AS received,
{% for outcome in ["quarantined", "filtered", "known", "updated", "new"] %}
       SUM(CASE WHEN outcome = '{{ outcome }}' THEN 1 ELSE 0 END) AS {{ outcome }}{{ "," if not loop.last }}
{% endfor %}
FROM (
    SELECT receipt.run_id, receipt.outcome, {% include "books_by.sql" %} AS value
    FROM batch
    {{ join }} receipt ON receipt.supplier = batch.supplier AND receipt.batch_id = batch.batch_id
{% if table_by %}
    LEFT JOIN lead ON lead.supplier = receipt.supplier AND lead.lead_id = receipt.lead_id
{% endif %}
    WHERE batch.supplier = :supplier AND batch.kind = 'leads'
{% if table_chosen %}
      AND (batch.run_id {% include "books_report_chosen.sql" %})
{% endif %}
) AS counted
GROUP BY run_id, value
