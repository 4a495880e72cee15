{# In the order of receipts.outcomes.Lead. #}
SELECT found.lead_id, found.merge_key, found.email, found.email_key, found.campaign_key, found.preassigned,
       CAST(found.attributes AS TEXT) AS attributes, found.fingerprint, found.partner_changes
FROM load_lead AS wanted
JOIN lead AS found ON found.supplier = :supplier AND found.lead_id = wanted.lead_id
