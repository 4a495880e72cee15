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
  AND writeback.state = 'waiting'
