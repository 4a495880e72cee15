{# Quarantined rows by where they first came, without those that a replay already brought through; `expired`:
   the run that first brought the row has no raw data any more. #}
SELECT receipt.row,
       origin.raw_removed_at IS NOT NULL AS expired,
       COALESCE(receipt.replay_of_batch, receipt.batch_id) AS root_batch,
       COALESCE(receipt.replay_of_row, receipt.row) AS root_row
FROM receipt
JOIN batch ON batch.supplier = receipt.supplier AND batch.batch_id = receipt.batch_id
JOIN batch AS root
  ON root.supplier = receipt.supplier AND root.batch_id = COALESCE(receipt.replay_of_batch, receipt.batch_id)
JOIN run AS origin ON origin.supplier = root.supplier AND origin.run_id = root.run_id
WHERE receipt.supplier = :supplier
  AND receipt.outcome = 'quarantined'
  AND batch.kind = :kind
{% if table_run %}
  AND receipt.run_id = :run_id
{% endif %}
{% if table_batch %}
  AND receipt.batch_id = :batch_id
{% endif %}
  AND NOT EXISTS (
      SELECT 1 FROM receipt AS later
      WHERE later.supplier = receipt.supplier
        AND later.replay_of_batch = COALESCE(receipt.replay_of_batch, receipt.batch_id)
        AND later.replay_of_row = COALESCE(receipt.replay_of_row, receipt.row)
        AND later.outcome <> 'quarantined'
  )
