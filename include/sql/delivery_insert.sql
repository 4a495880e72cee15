INSERT INTO delivery (
  supplier, delivery_id, assignment_id, sequence, lead_id, partner_id, account_id, state, changed,
  attempts, not_before, run_id, queued_at
)
SELECT
  :supplier, n.delivery_id, n.assignment_id, n.sequence, n.lead_id, n.partner_id, n.account_id, 'waiting',
  n.changed, 0, 0, :run_id, n.queued_at
FROM load_delivery AS n
WHERE true  -- SQLite needs it, to tell ON CONFLICT from a join's ON
ON CONFLICT (supplier, delivery_id) DO NOTHING
