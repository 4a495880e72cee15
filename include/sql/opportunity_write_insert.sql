INSERT INTO opportunity_write (
  supplier, opportunity_id, sequence, lead_id, body, body_hash, state, attempts, not_before, run_id, queued_at
)
SELECT
  :supplier, n.opportunity_id, n.sequence, n.lead_id, n.body, n.body_hash, 'waiting', 0, 0, :run_id,
  CAST(:at AS BIGINT)
FROM load_opportunity_write AS n
WHERE n.body IS NOT NULL
ON CONFLICT (supplier, opportunity_id, sequence) DO NOTHING
