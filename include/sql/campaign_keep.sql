{# Sharing may change with the mapping alone. #}
INSERT INTO campaign (supplier, campaign_key, name, attributes, fingerprint, shared, updated_run, updated_at)
SELECT :supplier, campaign_key, name, attributes, fingerprint, shared, :run_id, :now
FROM load_campaign
WHERE TRUE
ON CONFLICT (supplier, campaign_key) DO UPDATE
SET name = excluded.name, attributes = excluded.attributes, fingerprint = excluded.fingerprint,
    shared = excluded.shared, updated_run = excluded.updated_run, updated_at = excluded.updated_at
WHERE campaign.fingerprint <> excluded.fingerprint OR campaign.shared <> excluded.shared
