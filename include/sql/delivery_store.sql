-- A delivery that is tried again leaves its old job, so that it goes in one of its own.
UPDATE delivery SET
  state = n.state,
  decision = CASE WHEN n.state <> 'waiting' THEN COALESCE(n.decision, delivery.decision) END,
  job_id = CASE WHEN n.state IN ('sent', 'refused') THEN delivery.job_id END,
  attempts = n.attempts,
  not_before = n.not_before,
  vendor_code = n.vendor_code,
  vendor_field = n.vendor_field,
  message = n.message,
  sent_at = CASE WHEN n.state = 'sent' THEN CAST(:at AS BIGINT) END
FROM load_delivery AS n
WHERE delivery.supplier = :supplier
  AND delivery.delivery_id = n.delivery_id
  AND delivery.state IN ('waiting', 'decided')
