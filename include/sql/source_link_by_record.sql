SELECT found.identity, found.lead_id, found.record_id, found.campaign_key, found.fingerprint, found.stamp,
       found.deleted_at, found.merged_into
FROM load_source_link AS wanted
JOIN source_link AS found ON found.supplier = :supplier AND found.record_id = wanted.record_id
ORDER BY found.first_seen_at, found.identity
