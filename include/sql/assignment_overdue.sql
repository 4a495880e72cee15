{# Leads whose partner has not answered in time, or said no; never those that were routed on since. #}
SELECT assignment.lead_id
FROM assignment
JOIN lead ON lead.supplier = assignment.supplier AND lead.lead_id = assignment.lead_id
WHERE assignment.supplier = :supplier AND assignment.attempt = lead.attempt AND NOT lead.source_deleted
  AND assignment.status = lead.status
  AND (
      (assignment.status = 'pending' AND assignment.active AND assignment.assigned_at <= :before)
{% if table_rejected %}
      OR assignment.status = 'rejected'
{% endif %}
  )
ORDER BY assignment.assigned_at, assignment.lead_id
