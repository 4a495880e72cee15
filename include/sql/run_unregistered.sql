{# Other runs of late that read something, of which the hub knows no pull of leads. #}
SELECT run.run_id, run.started_at
FROM run
WHERE run.supplier = :supplier AND run.run_id <> :run_id
  AND run.started_at >= :since AND run.window_end IS NOT NULL
  AND NOT EXISTS (
      SELECT 1 FROM pull
      WHERE pull.supplier = run.supplier AND pull.run_id = run.run_id AND pull.kind = 'leads'
  )
ORDER BY run.started_at, run.run_id
