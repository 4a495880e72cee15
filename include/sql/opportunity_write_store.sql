UPDATE opportunity_write SET
  state = n.state,
  attempts = n.attempts,
  not_before = n.not_before,
  vendor_code = n.vendor_code,
  vendor_field = n.vendor_field,
  message = n.message,
  sent_at = CASE WHEN n.state = 'sent' THEN CAST(:at AS BIGINT) END
FROM load_opportunity_write AS n
WHERE opportunity_write.supplier = :supplier
  AND opportunity_write.opportunity_id = n.opportunity_id
  AND opportunity_write.sequence = n.sequence
  -- Waiting, said so that no planner without statistics tries each waiting row with each loaded one.
  AND opportunity_write.state NOT IN ('sent', 'refused', 'superseded')
