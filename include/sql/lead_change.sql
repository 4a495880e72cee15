UPDATE lead
SET merge_key = changed.merge_key, email = changed.email, email_key = changed.email_key,
    campaign_key = changed.campaign_key, preassigned = changed.preassigned, attributes = changed.attributes,
    fingerprint = changed.fingerprint, partner_changes = changed.partner_changes, mapping_hash = :mapping_hash, updated_at = :now
FROM load_lead AS changed
WHERE lead.supplier = :supplier AND lead.lead_id = changed.lead_id
