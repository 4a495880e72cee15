INSERT INTO opportunity (
  supplier, opportunity_id, account_id, record_id, lead_id, assignment_id, partner_id, found_by, name, stage,
  status, probability, reported_probability, amount, currency, close_date, owner_name, owner_email, stamp,
  deleted_at, run_id, first_seen_at, updated_at
)
SELECT
  :supplier, n.opportunity_id, n.account_id, n.record_id, n.lead_id, n.assignment_id, n.partner_id, n.found_by,
  n.name, n.stage, n.status, n.probability, n.reported_probability, n.amount, n.currency, n.close_date,
  n.owner_name, n.owner_email, n.stamp, n.deleted_at, :run_id, CAST(:at AS BIGINT), CAST(:at AS BIGINT)
FROM load_opportunity AS n
WHERE true
ON CONFLICT (supplier, opportunity_id) DO UPDATE SET
  name = excluded.name,
  stage = excluded.stage,
  status = excluded.status,
  probability = excluded.probability,
  reported_probability = excluded.reported_probability,
  amount = excluded.amount,
  currency = excluded.currency,
  close_date = excluded.close_date,
  owner_name = excluded.owner_name,
  owner_email = excluded.owner_email,
  stamp = excluded.stamp,
  deleted_at = excluded.deleted_at,
  run_id = excluded.run_id,
  updated_at = excluded.updated_at
