UPDATE writeback SET
  state = n.state,
  attempts = n.attempts,
  not_before = n.not_before,
  vendor_code = n.vendor_code,
  message = n.message,
  sent_at = CASE WHEN n.state = 'sent' THEN CAST(:at AS BIGINT) END
FROM load_writeback AS n
WHERE writeback.supplier = :supplier
  AND writeback.identity = n.identity
  AND writeback.sequence = n.sequence
  -- One that was sent while a newer one came was sent all the same.
  AND (writeback.state = 'waiting' OR (writeback.state = 'superseded' AND n.state <> 'waiting'))
