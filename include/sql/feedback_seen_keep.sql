INSERT INTO crm_seen (
  supplier, account_id, record_id, object, stamp, status, distribution, owner, fields, unmapped, troubles,
  missing_since, gone_at, reread, run_id, seen_at
)
SELECT
  :supplier, :account_id, n.record_id, n.object, n.stamp, n.status, n.distribution, n.owner, n.fields, n.unmapped,
  n.troubles, n.missing_since, n.gone_at, n.reread, :run_id, CAST(:at AS BIGINT)
FROM load_crm_seen AS n
WHERE true
ON CONFLICT (supplier, account_id, record_id) DO UPDATE SET
  object = excluded.object,
  stamp = excluded.stamp,
  status = excluded.status,
  distribution = excluded.distribution,
  owner = excluded.owner,
  fields = excluded.fields,
  unmapped = excluded.unmapped,
  troubles = excluded.troubles,
  missing_since = excluded.missing_since,
  gone_at = excluded.gone_at,
  reread = excluded.reread,
  run_id = excluded.run_id,
  seen_at = excluded.seen_at
