INSERT INTO history (supplier, lead_id, event_id, at, kind, run_id, task, actor, before, after)
SELECT :supplier, lead_id, event_id, :now, kind, :run_id, :task, :actor, before, after
FROM load_history
WHERE TRUE
ON CONFLICT (supplier, lead_id, event_id) DO NOTHING
