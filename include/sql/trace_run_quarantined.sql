SELECT receipt.batch_id, receipt.row, receipt.line, receipt.reasons,
       (SELECT max(name) FROM source_file
        WHERE source_file.supplier = :supplier AND batch.origin = 'file:' || source_file.sha256) AS file
FROM receipt
JOIN batch ON batch.supplier = receipt.supplier AND batch.batch_id = receipt.batch_id
WHERE receipt.supplier = :supplier AND receipt.run_id = :run_id AND receipt.outcome = 'quarantined'
ORDER BY receipt.batch_id, receipt.row
