{# In the order of receipts.outcomes.Lead. #}
SELECT found.lead_id, found.merge_key, found.email, found.email_key, found.campaign_key, found.preassigned,
       CAST(found.attributes AS TEXT) AS attributes, found.fingerprint, found.partner_changes, (
           SELECT MAX(its.stamp) FROM source_link AS its
           WHERE its.supplier = found.supplier AND its.lead_id = found.lead_id
             AND its.fingerprint = found.fingerprint AND its.deleted_at IS NULL AND its.merged_into IS NULL
       ) AS stamp
FROM load_lead AS wanted
JOIN lead AS found ON found.supplier = :supplier AND found.lead_id = wanted.lead_id
