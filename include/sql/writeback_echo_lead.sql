UPDATE lead SET fingerprint = n.fingerprint
FROM load_lead AS n
WHERE lead.supplier = :supplier AND lead.lead_id = n.lead_id
