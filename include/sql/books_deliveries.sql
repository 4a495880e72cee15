{# SQLite joins in the order written: by itself it walks whole tables by id, a page a row. #}
{% set join = "CROSS JOIN" if dialect == "sqlite" else "JOIN" %}
SELECT 'deliveries without their assignment' AS what, COUNT(*) AS rows
FROM load_scope AS scope
{{ join }} delivery ON delivery.supplier = :supplier AND delivery.lead_id = scope.lead_id
WHERE NOT EXISTS (
    SELECT 1 FROM assignment
    WHERE assignment.supplier = delivery.supplier AND assignment.lead_id = delivery.lead_id
      -- Compared, not searched for: a lead has few assignments, a partner many, and their ids lie anywhere.
      AND COALESCE(assignment.assignment_id, '') = delivery.assignment_id
      AND COALESCE(assignment.partner_id, '') = delivery.partner_id
)
UNION ALL
SELECT 'deliveries in a state that does not exist', COUNT(*)
FROM load_scope AS scope
{{ join }} delivery ON delivery.supplier = :supplier AND delivery.lead_id = scope.lead_id
WHERE delivery.state NOT IN ('waiting', 'decided', 'sent', 'refused', 'superseded')
UNION ALL
SELECT 'assignments whose deliveries are not numbered one by one', COUNT(*)
FROM (
    SELECT delivery.assignment_id
    FROM load_scope AS scope
    {{ join }} delivery ON delivery.supplier = :supplier AND delivery.lead_id = scope.lead_id
    -- A lead's only delivery with the number 1 is right: nearly all of them need no sorting.
    WHERE delivery.sequence <> 1
       OR EXISTS (
           SELECT 1 FROM delivery AS other
           WHERE other.supplier = :supplier AND other.lead_id = scope.lead_id
             AND other.delivery_id <> delivery.delivery_id
       )
    GROUP BY delivery.assignment_id
    HAVING COUNT(*) <> MAX(delivery.sequence)
        OR SUM(CASE WHEN delivery.state = 'waiting' THEN 1 ELSE 0 END) > 1
) AS uneven
UNION ALL
SELECT 'assignments to be pushed that no delivery was queued for', COUNT(*)
FROM load_scope AS scope
{{ join }} assignment
  ON assignment.supplier = :supplier AND assignment.lead_id = scope.lead_id
 AND assignment.active AND assignment.status IN ('accepted', 'pending')
JOIN load_pushing AS pushing
  ON pushing.partner_id = assignment.partner_id
 AND (assignment.status = 'accepted' OR pushing.while_pending)
WHERE NOT EXISTS (
    SELECT 1 FROM delivery
    WHERE delivery.supplier = assignment.supplier AND delivery.lead_id = assignment.lead_id
      AND delivery.assignment_id = assignment.assignment_id AND delivery.sequence = 1
)
UNION ALL
SELECT 'leads whose sent deliveries and history of pushes differ', COUNT(*)
FROM load_scope AS scope
WHERE (
    SELECT COUNT(*) FROM delivery
    WHERE delivery.supplier = :supplier AND delivery.lead_id = scope.lead_id AND delivery.state = 'sent'
) <> (
    SELECT COUNT(*) FROM history
    WHERE history.supplier = :supplier AND history.lead_id = scope.lead_id AND history.kind = 'pushed'
)
