SELECT found.merge_key, found.lead_id
FROM load_wanted AS wanted
JOIN lead AS found ON found.supplier = :supplier AND found.merge_key = wanted.merge_key
