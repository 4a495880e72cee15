SELECT 'leads without their new receipt' AS what, COUNT(*) AS rows
FROM lead
WHERE supplier = :supplier AND first_run = :run_id
  AND NOT EXISTS (
      SELECT 1 FROM receipt
      WHERE receipt.supplier = lead.supplier AND receipt.batch_id = lead.first_batch
        AND receipt.row = lead.first_row AND receipt.lead_id = lead.lead_id AND receipt.outcome = 'new'
  )
UNION ALL
SELECT 'new leads whose history does not start with received', COUNT(*)
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
