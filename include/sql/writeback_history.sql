INSERT INTO history (supplier, lead_id, event_id, at, kind, run_id, task, actor, after)
SELECT :supplier, n.lead_id, n.event_id, CAST(:at AS BIGINT), n.kind, :run_id, :task, :actor, n.after
FROM load_history AS n
WHERE true
ON CONFLICT (supplier, lead_id, event_id) DO NOTHING
