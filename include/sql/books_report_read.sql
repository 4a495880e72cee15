{# What runs were told by partners' CRMs. #}
SELECT run_id, CAST(SUM(records) AS BIGINT) AS records_read
FROM crm_reading
WHERE supplier = :supplier
{% if table_chosen %}
  AND (run_id {% include "books_report_chosen.sql" %})
{% endif %}
GROUP BY run_id
