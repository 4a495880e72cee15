UPDATE event_write SET
  state = n.state,
  record_id = COALESCE(n.record_id, event_write.record_id),
  attempts = n.attempts,
  not_before = n.not_before,
  vendor_code = n.vendor_code,
  message = n.message,
  sent_at = CASE WHEN n.state = 'sent' THEN CAST(:at AS BIGINT) END
FROM load_event_write AS n
WHERE event_write.supplier = :supplier
  AND event_write.event_id = n.event_id
  AND event_write.identity = n.identity
  -- Waiting, said so that no planner without statistics tries each waiting row with each loaded one.
  AND event_write.state NOT IN ('sent', 'refused')
