-- Deliveries that this run queued, or that carry leads it brought, by CRM account and state.
SELECT delivery.account_id, delivery.partner_id, delivery.state, count(*) AS deliveries
FROM delivery
WHERE delivery.supplier = :supplier
  AND (delivery.run_id = :run_id
       OR delivery.lead_id IN (SELECT lead_id FROM lead WHERE supplier = :supplier AND first_run = :run_id))
GROUP BY delivery.account_id, delivery.partner_id, delivery.state
ORDER BY delivery.account_id, delivery.partner_id, delivery.state
