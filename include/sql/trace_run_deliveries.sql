-- Deliveries that this run queued, or that carry leads it brought, by CRM account and state.
SELECT delivery.account_id, delivery.partner_id, delivery.state, count(*) AS deliveries
FROM (
    SELECT mine.delivery_id FROM delivery AS mine WHERE mine.supplier = :supplier AND mine.run_id = :run_id
    UNION
    SELECT theirs.delivery_id
    FROM lead
    JOIN delivery AS theirs ON theirs.supplier = lead.supplier AND theirs.lead_id = lead.lead_id
    WHERE lead.supplier = :supplier AND lead.first_run = :run_id
) AS about
JOIN delivery ON delivery.supplier = :supplier AND delivery.delivery_id = about.delivery_id
GROUP BY delivery.account_id, delivery.partner_id, delivery.state
ORDER BY delivery.account_id, delivery.partner_id, delivery.state
