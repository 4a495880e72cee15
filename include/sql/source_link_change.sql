UPDATE source_link
SET lead_id = changed.lead_id, record_id = changed.record_id, fingerprint = changed.fingerprint,
    stamp = changed.stamp, merged_into = changed.merged_into,
    deleted_at = CASE WHEN changed.deleted_at IS NULL THEN NULL
                      ELSE COALESCE(source_link.deleted_at, changed.deleted_at) END
FROM load_source_link AS changed
WHERE source_link.supplier = :supplier AND source_link.identity = changed.identity
