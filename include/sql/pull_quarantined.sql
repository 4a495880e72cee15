SELECT COUNT(*)
FROM receipt
JOIN batch ON batch.supplier = receipt.supplier AND batch.batch_id = receipt.batch_id
WHERE receipt.supplier = :supplier
  AND receipt.run_id = :run_id
  AND receipt.outcome = 'quarantined'
  AND batch.kind = :kind
