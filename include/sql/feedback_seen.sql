SELECT s.record_id, s.object, s.stamp, s.status, s.distribution, s.owner, s.fields, s.unmapped, s.troubles,
       s.missing_since, s.gone_at, s.reread, s.seen_at
FROM load_crm_record AS n
JOIN crm_seen AS s ON s.supplier = :supplier AND s.account_id = :account_id AND s.record_id = n.record_id
