-- Every row that brought this lead or changed it, with the file it stood in; of a replayed row also the
-- receipts that quarantined it before.
SELECT receipt.batch_id, receipt.row, receipt.run_id, receipt.line, receipt.identity, receipt.outcome,
       receipt.reasons, batch.kind, batch.received_at, batch.replay_of,
       (SELECT max(name) FROM source_file
        WHERE source_file.supplier = :supplier AND batch.origin LIKE 'file:%'
          AND source_file.sha256 = substr(batch.origin, 6)) AS file
FROM (
    SELECT batch_id, row FROM receipt WHERE supplier = :supplier AND lead_id = :lead_id
    UNION
    SELECT replay_of_batch, replay_of_row FROM receipt
    WHERE supplier = :supplier AND lead_id = :lead_id AND replay_of_batch IS NOT NULL
    UNION
    SELECT again.batch_id, again.row
    FROM receipt AS mine
    JOIN receipt AS again
      ON again.supplier = mine.supplier
      AND again.replay_of_batch = mine.replay_of_batch AND again.replay_of_row = mine.replay_of_row
    WHERE mine.supplier = :supplier AND mine.lead_id = :lead_id AND again.outcome = 'quarantined'
) AS about
JOIN receipt ON receipt.supplier = :supplier AND receipt.batch_id = about.batch_id AND receipt.row = about.row
LEFT JOIN batch ON batch.supplier = :supplier AND batch.batch_id = receipt.batch_id
ORDER BY batch.received_at, receipt.batch_id, receipt.row
