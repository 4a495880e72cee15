UPDATE delivery SET
  state = n.state,
  decision = n.decision,
  attempts = n.attempts,
  not_before = n.not_before,
  vendor_code = n.vendor_code,
  vendor_field = n.vendor_field,
  message = n.message,
  sent_at = CASE WHEN n.state = 'sent' THEN CAST(:at AS BIGINT) END
FROM load_outcome AS n
WHERE delivery.supplier = :supplier
  AND delivery.delivery_id = n.delivery_id
  -- One that was sent while a newer one came was sent all the same.
  AND (
    delivery.state IN ('waiting', 'decided')
    OR (delivery.state = 'superseded' AND n.state IN ('sent', 'refused'))
  )
