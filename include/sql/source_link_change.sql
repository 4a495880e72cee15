-- A record that stands for a lead in another's place was told nothing: the hash '' says so, until it is queued.
UPDATE source_link
SET lead_id = changed.lead_id, record_id = changed.record_id, fingerprint = changed.fingerprint,
    stamp = changed.stamp, merged_into = changed.merged_into,
    written_hash = CASE WHEN source_link.record_id <> changed.record_id THEN '' ELSE source_link.written_hash END,
    deleted_at = CASE WHEN changed.deleted_at IS NULL THEN NULL
                      ELSE COALESCE(source_link.deleted_at, changed.deleted_at) END
FROM load_source_link AS changed
WHERE source_link.supplier = :supplier AND source_link.identity = changed.identity
