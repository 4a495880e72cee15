UPDATE event_delivery SET
  state = n.state,
  record_id = n.record_id,
  attempts = n.attempts,
  not_before = n.not_before,
  vendor_code = n.vendor_code,
  message = n.message,
  sent_at = CASE WHEN n.state = 'sent' THEN CAST(:at AS BIGINT) END
FROM load_event_delivery AS n
WHERE event_delivery.supplier = :supplier
  AND event_delivery.assignment_id = n.assignment_id
  AND event_delivery.event_id = n.event_id
