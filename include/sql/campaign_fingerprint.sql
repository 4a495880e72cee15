SELECT found.campaign_key, found.fingerprint
FROM load_campaign AS wanted
JOIN campaign AS found ON found.supplier = :supplier AND found.campaign_key = wanted.campaign_key
