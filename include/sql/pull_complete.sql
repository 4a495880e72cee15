UPDATE pull SET completed_at = :now
WHERE supplier = :supplier AND run_id = :run_id AND kind = :kind AND completed_at IS NULL
  AND NOT EXISTS (
      SELECT 1 FROM batch
      WHERE batch.supplier = pull.supplier AND batch.run_id = pull.run_id AND batch.kind = pull.kind
        AND batch.received_at IS NULL
  )
