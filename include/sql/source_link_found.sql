{# deleted_at -1 marks rows that found no link. #}
INSERT INTO source_link (
    supplier, identity, lead_id, record_id, campaign_key, fingerprint, stamp, merged_into, first_seen_at
)
SELECT :supplier, identity, lead_id, record_id, campaign_key, fingerprint, stamp, merged_into, :now
FROM load_incoming
WHERE deleted_at IS NULL
