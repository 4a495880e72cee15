UPDATE lead SET fingerprint = n.fingerprint, partner_changes = n.partner_changes
FROM load_lead AS n
WHERE lead.supplier = :supplier AND lead.lead_id = n.lead_id
