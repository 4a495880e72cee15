SELECT 'deliveries without their assignment' AS what, COUNT(*) AS rows
FROM load_scope AS scope
JOIN delivery ON delivery.supplier = :supplier AND delivery.lead_id = scope.lead_id
WHERE NOT EXISTS (
    SELECT 1 FROM assignment
    WHERE assignment.supplier = delivery.supplier AND assignment.assignment_id = delivery.assignment_id
      AND assignment.lead_id = delivery.lead_id AND assignment.partner_id = delivery.partner_id
)
UNION ALL
SELECT 'deliveries in a state that does not exist', COUNT(*)
FROM load_scope AS scope
JOIN delivery ON delivery.supplier = :supplier AND delivery.lead_id = scope.lead_id
WHERE delivery.state NOT IN ('waiting', 'decided', 'sent', 'refused', 'superseded')
UNION ALL
SELECT 'assignments whose deliveries are not numbered one by one', COUNT(*)
FROM (
    SELECT delivery.assignment_id
    FROM load_scope AS scope
    JOIN delivery ON delivery.supplier = :supplier AND delivery.lead_id = scope.lead_id
    GROUP BY delivery.assignment_id
    HAVING COUNT(*) <> MAX(delivery.sequence)
        OR SUM(CASE WHEN delivery.state = 'waiting' THEN 1 ELSE 0 END) > 1
) AS uneven
UNION ALL
SELECT 'assignments to be pushed that no delivery was queued for', COUNT(*)
FROM load_scope AS scope
JOIN assignment
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
FROM (
    SELECT lead_id
    FROM (
        SELECT delivery.lead_id, 1 AS weight
        FROM delivery
        WHERE delivery.supplier = :supplier AND delivery.state = 'sent'
          AND delivery.lead_id IN (SELECT lead_id FROM load_scope)
        UNION ALL
        SELECT history.lead_id, -1
        FROM history
        WHERE history.supplier = :supplier AND history.kind = 'pushed'
          AND history.lead_id IN (SELECT lead_id FROM load_scope)
    ) AS weighed
    GROUP BY lead_id
    HAVING SUM(weight) <> 0
) AS unequal
