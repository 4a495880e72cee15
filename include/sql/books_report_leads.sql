{# Where the leads that each run brought stand today. #}
SELECT lead.first_run AS run_id, {% include "books_by.sql" %} AS value,
       SUM(CASE WHEN lead.decision = 'assigned' THEN 1 ELSE 0 END) AS assigned,
       SUM(CASE WHEN lead.decision = 'unassigned' THEN 1 ELSE 0 END) AS unassigned,
       SUM(CASE WHEN lead.decision IS NULL THEN 1 ELSE 0 END) AS unrouted,
       SUM(CASE WHEN lead.status = 'pending' THEN 1 ELSE 0 END) AS pending,
       SUM(CASE WHEN lead.status = 'accepted' THEN 1 ELSE 0 END) AS accepted,
       SUM(CASE WHEN lead.status = 'rejected' THEN 1 ELSE 0 END) AS rejected,
       SUM(pushes.sent) AS pushed,
       SUM(pushes.refused) AS push_failed,
       SUM(pushes.waiting) AS push_waiting,
       SUM(CASE WHEN written.lead_id IS NULL THEN 0 ELSE 1 END) AS written_back
FROM lead
LEFT JOIN (
    SELECT delivery.lead_id,
           MAX(CASE WHEN state = 'sent' THEN 1 ELSE 0 END) AS sent,
           MAX(CASE WHEN state IN ('waiting', 'decided') THEN 1 ELSE 0 END) AS waiting,
           MAX(CASE WHEN state = 'refused' AND NOT EXISTS (
               SELECT 1 FROM delivery AS later
               WHERE later.supplier = delivery.supplier AND later.lead_id = delivery.lead_id
                 AND later.queued_at > delivery.queued_at AND later.state <> 'superseded'
           ) THEN 1 ELSE 0 END) AS refused
    FROM delivery
    WHERE delivery.supplier = :supplier
{% if table_chosen %}
      AND delivery.lead_id IN (SELECT lead_id FROM lead WHERE supplier = :supplier AND (first_run {% include "books_report_chosen.sql" %}))
{% endif %}
    GROUP BY delivery.lead_id
) AS pushes ON pushes.lead_id = lead.lead_id
LEFT JOIN (
    SELECT DISTINCT lead_id FROM writeback WHERE supplier = :supplier AND state = 'sent'
{% if table_chosen %}
      AND lead_id IN (SELECT lead_id FROM lead WHERE supplier = :supplier AND (first_run {% include "books_report_chosen.sql" %}))
{% endif %}
) AS written ON written.lead_id = lead.lead_id
WHERE lead.supplier = :supplier
{% if table_chosen %}
  AND (lead.first_run {% include "books_report_chosen.sql" %})
{% endif %}
GROUP BY lead.first_run, value
