{# What runs queued for the supplier's system, by where it stands. #}
{% for outbox in ["writeback", "event_write", "opportunity_write"] %}
SELECT run_id,
       SUM(CASE WHEN state = 'sent' THEN 1 ELSE 0 END) AS told,
       SUM(CASE WHEN state = 'refused' THEN 1 ELSE 0 END) AS told_refused,
       SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END) AS told_waiting
FROM {{ outbox }}
WHERE supplier = :supplier
{% if table_chosen %}
  AND (run_id {% include "books_report_chosen.sql" %})
{% endif %}
GROUP BY run_id
{{ "UNION ALL" if not loop.last }}
{% endfor %}
