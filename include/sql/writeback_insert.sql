INSERT INTO writeback (
  supplier, identity, sequence, lead_id, body, body_hash, lead_at, state, attempts, not_before, run_id,
  queued_at
)
SELECT
  :supplier, n.identity, n.sequence, n.lead_id, n.body, n.body_hash, n.lead_at, 'waiting', 0, 0, :run_id,
  CAST(:at AS BIGINT)
FROM load_writeback AS n
WHERE n.body IS NOT NULL
ON CONFLICT (supplier, identity, sequence) DO NOTHING
