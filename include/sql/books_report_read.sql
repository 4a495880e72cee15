{# What runs were told by partners' CRMs. #}
SELECT run_id, CAST(SUM(records) AS BIGINT) AS records_read
FROM crm_reading
WHERE supplier = :supplier
{% if table_run %}
  AND run_id = :run_id
{% endif %}
GROUP BY run_id
