-- Source records that were merged into others.
SELECT identity, record_id, campaign_key, merged_into
FROM source_link
WHERE supplier = :supplier AND merged_into IS NOT NULL
ORDER BY identity
