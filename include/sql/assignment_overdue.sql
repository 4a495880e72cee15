{# Leads whose partner has not answered in time, or said no, with the attempt; never those that were routed on since. #}
SELECT assignment.lead_id, assignment.attempt
FROM assignment
JOIN lead ON lead.supplier = assignment.supplier AND lead.lead_id = assignment.lead_id
WHERE assignment.supplier = :supplier AND assignment.attempt = lead.attempt AND NOT lead.source_deleted
  AND assignment.status = lead.status
  AND assignment.status IN ('pending', 'rejected')  -- as the index of open ones says it
{% if table_rejected %}
  AND (assignment.status = 'rejected' OR (assignment.active AND assignment.assigned_at <= :before))
{% else %}
  AND assignment.status = 'pending' AND assignment.active AND assignment.assigned_at <= :before
{% endif %}
ORDER BY assignment.assigned_at, assignment.lead_id
