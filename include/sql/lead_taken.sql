SELECT found.lead_id
FROM load_wanted AS wanted
JOIN lead AS found ON found.supplier = :supplier AND found.lead_id = wanted.lead_id
