{# What runs brought back from partners' CRMs: from the history of leads, and from the events that they kept. #}
SELECT run_id,
       SUM(CASE WHEN kind = 'sales_status' THEN 1 ELSE 0 END) AS statuses_changed,
       SUM(CASE WHEN kind IN ('accepted', 'rejected') THEN 1 ELSE 0 END) AS replies,
       SUM(CASE WHEN kind = 'crm_updated' THEN 1 ELSE 0 END) AS fields_changed,
       SUM(CASE WHEN kind = 'rep_assigned' THEN 1 ELSE 0 END) AS reps_changed,
       SUM(CASE WHEN kind IN ('opportunity_created', 'opportunity_updated', 'opportunity_deleted') THEN 1 ELSE 0 END)
           AS opportunities,
       0 AS events
FROM history
WHERE supplier = :supplier AND substr(actor, 1, 4) = 'crm:'
{% if table_chosen %}
  AND (run_id {% include "books_report_chosen.sql" %})
{% endif %}
GROUP BY run_id
UNION ALL
SELECT run_id, 0, 0, 0, 0, 0, COUNT(*)
FROM event
WHERE supplier = :supplier AND origin = 'partner'
{% if table_chosen %}
  AND (run_id {% include "books_report_chosen.sql" %})
{% endif %}
GROUP BY run_id
