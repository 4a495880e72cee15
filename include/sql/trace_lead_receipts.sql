-- Every row that brought this lead or changed it, with the file it stood in.
SELECT receipt.batch_id, receipt.row, receipt.run_id, receipt.line, receipt.identity, receipt.outcome,
       batch.kind, batch.received_at, batch.replay_of,
       (SELECT max(name) FROM source_file
        WHERE source_file.supplier = :supplier AND batch.origin = 'file:' || source_file.sha256) AS file
FROM receipt
LEFT JOIN batch ON batch.supplier = receipt.supplier AND batch.batch_id = receipt.batch_id
WHERE receipt.supplier = :supplier AND receipt.lead_id = :lead_id
ORDER BY batch.received_at, receipt.batch_id, receipt.row
