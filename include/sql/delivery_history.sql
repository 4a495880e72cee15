INSERT INTO history (supplier, lead_id, event_id, at, kind, run_id, task, actor, after)
SELECT :supplier, n.lead_id, n.event_id, CAST(:at AS BIGINT), n.kind, :run_id, :task, :actor, n.after
FROM load_outcome AS n
WHERE n.kind IS NOT NULL
ON CONFLICT (supplier, lead_id, event_id) DO NOTHING
