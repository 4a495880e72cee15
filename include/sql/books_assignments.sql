SELECT 'leads whose decisions are not numbered one by one' AS what, COUNT(*) AS rows
FROM load_scope AS scope
JOIN lead ON lead.supplier = :supplier AND lead.lead_id = scope.lead_id
LEFT JOIN (
    SELECT lead_id, COUNT(*) AS decisions, MAX(attempt) AS latest
    FROM routing_decision
    WHERE supplier = :supplier AND lead_id IN (SELECT lead_id FROM load_scope)
    GROUP BY lead_id
) AS made ON made.lead_id = lead.lead_id
WHERE lead.attempt <> COALESCE(made.decisions, 0) OR lead.attempt <> COALESCE(made.latest, 0)
UNION ALL
SELECT 'leads whose first decision is not the one they carry', COUNT(*)
FROM load_scope AS scope
JOIN lead ON lead.supplier = :supplier AND lead.lead_id = scope.lead_id
LEFT JOIN routing_decision AS first
  ON first.supplier = lead.supplier AND first.lead_id = lead.lead_id AND first.attempt = 1
WHERE lead.decision IS DISTINCT FROM first.outcome
UNION ALL
SELECT 'decisions to assign without their assignment', COUNT(*)
FROM load_scope AS scope
JOIN routing_decision AS made ON made.supplier = :supplier AND made.lead_id = scope.lead_id
WHERE made.outcome = 'assigned'
  AND NOT EXISTS (
      SELECT 1 FROM assignment
      WHERE assignment.supplier = made.supplier AND assignment.lead_id = made.lead_id
        AND assignment.attempt = made.attempt AND assignment.partner_id = made.partner_id
  )
UNION ALL
SELECT 'assignments without their decision', COUNT(*)
FROM load_scope AS scope
JOIN assignment ON assignment.supplier = :supplier AND assignment.lead_id = scope.lead_id
WHERE NOT EXISTS (
    SELECT 1 FROM routing_decision AS made
    WHERE made.supplier = assignment.supplier AND made.lead_id = assignment.lead_id
      AND made.attempt = assignment.attempt AND made.partner_id = assignment.partner_id
      AND made.outcome = 'assigned'
)
UNION ALL
SELECT 'leads whose active assignments do not fit their status', COUNT(*)
FROM load_scope AS scope
JOIN lead ON lead.supplier = :supplier AND lead.lead_id = scope.lead_id
LEFT JOIN (
    SELECT lead_id, COUNT(*) AS assignments, MIN(status) AS status
    FROM assignment
    WHERE supplier = :supplier AND active AND lead_id IN (SELECT lead_id FROM load_scope)
    GROUP BY lead_id
) AS active ON active.lead_id = lead.lead_id
WHERE COALESCE(active.assignments, 0) <> CASE WHEN lead.status IN ('pending', 'accepted') THEN 1 ELSE 0 END
   OR active.status <> lead.status
