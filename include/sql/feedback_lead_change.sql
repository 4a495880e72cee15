UPDATE lead
SET email = n.email, email_key = n.email_key, attributes = n.attributes, sales_status = n.sales_status,
    partner_changes = n.partner_changes, updated_at = CAST(:at AS BIGINT)
FROM load_lead AS n
WHERE lead.supplier = :supplier AND lead.lead_id = n.lead_id
