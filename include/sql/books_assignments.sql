{# SQLite joins in the order written: by itself it walks whole tables by id, a page a row. #}
{% set join = "CROSS JOIN" if dialect == "sqlite" else "JOIN" %}
SELECT 'leads whose decisions are not numbered one by one' AS what, COUNT(*) AS rows
FROM load_scope AS scope
WHERE scope.status IS NOT NULL
  AND (
      scope.attempt <> (
          SELECT COUNT(*) FROM routing_decision AS made
          WHERE made.supplier = :supplier AND made.lead_id = scope.lead_id
      )
      OR scope.attempt <> (
          SELECT COALESCE(MAX(made.attempt), 0) FROM routing_decision AS made
          WHERE made.supplier = :supplier AND made.lead_id = scope.lead_id
      )
  )
UNION ALL
SELECT 'leads whose first decision is not the one they carry', COUNT(*)
FROM load_scope AS scope
LEFT JOIN routing_decision AS first
  ON first.supplier = :supplier AND first.lead_id = scope.lead_id AND first.attempt = 1
WHERE scope.status IS NOT NULL AND scope.decision IS DISTINCT FROM first.outcome
UNION ALL
SELECT 'decisions to assign without their assignment', COUNT(*)
FROM load_scope AS scope
{{ join }} routing_decision AS made ON made.supplier = :supplier AND made.lead_id = scope.lead_id
WHERE made.outcome = 'assigned'
  AND NOT EXISTS (
      SELECT 1 FROM assignment
      WHERE assignment.supplier = made.supplier AND assignment.lead_id = made.lead_id
        AND assignment.attempt = made.attempt AND assignment.partner_id = made.partner_id
  )
UNION ALL
SELECT 'assignments without their decision', COUNT(*)
FROM load_scope AS scope
{{ join }} assignment ON assignment.supplier = :supplier AND assignment.lead_id = scope.lead_id
WHERE NOT EXISTS (
    SELECT 1 FROM routing_decision AS made
    WHERE made.supplier = assignment.supplier AND made.lead_id = assignment.lead_id
      AND made.attempt = assignment.attempt AND made.partner_id = assignment.partner_id
      AND made.outcome = 'assigned'
)
UNION ALL
SELECT 'leads whose active assignments do not fit their status', COUNT(*)
FROM load_scope AS scope
WHERE scope.status IS NOT NULL
  AND (
      (
          SELECT COUNT(*) FROM assignment
          WHERE assignment.supplier = :supplier AND assignment.lead_id = scope.lead_id AND assignment.active
      ) <> CASE WHEN scope.status IN ('pending', 'accepted') THEN 1 ELSE 0 END
      OR EXISTS (
          SELECT 1 FROM assignment
          WHERE assignment.supplier = :supplier AND assignment.lead_id = scope.lead_id AND assignment.active
            AND assignment.status <> scope.status
      )
  )
