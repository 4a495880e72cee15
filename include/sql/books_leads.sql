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
FROM lead
WHERE supplier = :supplier AND first_run = :run_id
  AND NOT EXISTS (
      SELECT 1 FROM history AS first
      WHERE first.supplier = lead.supplier AND first.lead_id = lead.lead_id AND first.kind = 'received'
        AND NOT EXISTS (
            SELECT 1 FROM history AS earlier
            WHERE earlier.supplier = first.supplier AND earlier.lead_id = first.lead_id AND earlier.at < first.at
        )
  )
UNION ALL
SELECT 'leads of this run that are not in the hub', COUNT(*)
FROM load_scope AS scope
WHERE NOT EXISTS (SELECT 1 FROM lead WHERE lead.supplier = :supplier AND lead.lead_id = scope.lead_id)
