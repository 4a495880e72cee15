-- The rows that a run refused; of those that a replay took since, in which run, and what they became there.
SELECT receipt.batch_id, receipt.row, receipt.line, receipt.reasons,
       (SELECT max(name) FROM source_file
        WHERE source_file.supplier = :supplier AND batch.origin LIKE 'file:%'
          AND source_file.sha256 = substr(batch.origin, 6)) AS file,
       later.run_id AS replayed_in, later.outcome AS replayed_as, later.lead_id
FROM receipt
JOIN batch ON batch.supplier = receipt.supplier AND batch.batch_id = receipt.batch_id
LEFT JOIN receipt AS later
  ON later.supplier = receipt.supplier
  AND later.replay_of_batch = COALESCE(receipt.replay_of_batch, receipt.batch_id)
  AND later.replay_of_row = COALESCE(receipt.replay_of_row, receipt.row)
  AND later.outcome <> 'quarantined'
  AND NOT EXISTS (
      SELECT 1 FROM receipt AS other
      WHERE other.supplier = later.supplier
        AND other.replay_of_batch = later.replay_of_batch AND other.replay_of_row = later.replay_of_row
        AND other.outcome <> 'quarantined' AND other.batch_id < later.batch_id
  )
WHERE receipt.supplier = :supplier AND receipt.run_id = :run_id AND receipt.outcome = 'quarantined'
ORDER BY receipt.batch_id, receipt.row
