SELECT 'new leads whose history does not start with received' AS what, COUNT(*) AS rows
FROM load_scope AS scope
WHERE scope.founded
  AND (
      SELECT MIN(CASE WHEN history.kind = 'received' THEN history.at END) <= MIN(history.at) FROM history
      WHERE history.supplier = :supplier AND history.lead_id = scope.lead_id
  ) IS NOT TRUE
UNION ALL
SELECT 'leads of this run that are not in the hub', COUNT(*)
FROM load_scope AS scope
WHERE scope.status IS NULL
