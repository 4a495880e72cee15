-- Whatever comes of it, these leads (load_lead) are looked at again only when they change.
UPDATE lead SET looked_at = lead.updated_at
FROM load_lead AS n
WHERE lead.supplier = :supplier AND lead.lead_id = n.lead_id
