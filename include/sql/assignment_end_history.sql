{% set quoted = "to_json(ending.partner_id)" if dialect == "postgresql" else "json_quote(ending.partner_id)" %}
INSERT INTO history (supplier, lead_id, event_id, at, kind, run_id, task, actor, before, after)
SELECT
    :supplier, ending.lead_id, 'Hr' || substr(ending.assignment_id, 2), :at, 'rerouted',
    :run_id, :task, :actor,
    '{"assignment":"' || ending.assignment_id || '","status":"' || ending.status || '"}',
    '{"assignment":"' || ending.assignment_id || '","partner":' || {{ quoted }} || ',"status":"rerouted"}'
FROM load_assignment AS ending
