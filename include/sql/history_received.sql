{# One to a lead, so its event needs no more than a name. #}
INSERT INTO history (supplier, lead_id, event_id, at, kind, run_id, task, actor, before, after)
SELECT :supplier, lead_id, 'Hreceived', :now, 'received', :run_id, :task, :actor, NULL, '{"status":"unassigned"}'
FROM load_incoming
WHERE status IS NOT NULL
