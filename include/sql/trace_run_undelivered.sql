SELECT delivery.delivery_id, delivery.lead_id, delivery.account_id, delivery.partner_id, delivery.state,
       delivery.attempts, delivery.vendor_code, delivery.vendor_field, delivery.message
FROM (
    SELECT mine.delivery_id FROM delivery AS mine WHERE mine.supplier = :supplier AND mine.run_id = :run_id
    UNION
    SELECT theirs.delivery_id
    FROM lead
    JOIN delivery AS theirs ON theirs.supplier = lead.supplier AND theirs.lead_id = lead.lead_id
    WHERE lead.supplier = :supplier AND lead.first_run = :run_id
) AS about
JOIN delivery ON delivery.supplier = :supplier AND delivery.delivery_id = about.delivery_id
WHERE delivery.state IN ('waiting', 'decided', 'refused')
ORDER BY delivery.account_id, delivery.queued_at, delivery.delivery_id
