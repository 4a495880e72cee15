{# In the order of the keys: inserting at random places of an index costs a quarter more. #}
{# One line that a lead was assigned, and one more where its partner accepts at once. #}
{% set quoted = "to_json(given.partner_id)" if dialect == "postgresql" else "json_quote(given.partner_id)" %}
INSERT INTO history (supplier, lead_id, event_id, at, kind, run_id, task, actor, before, after)
SELECT
    :supplier, given.lead_id, 'Ha' || substr(given.assignment_id, 2), :at, 'assigned',
    :run_id, :task, :actor, NULL,
    '{"assignment":"' || given.assignment_id || '","attempt":' || given.attempt || ',"partner":'
    || {{ quoted }} || ',"reason":"' || given.cause || '","status":"pending"}'
FROM load_assignment AS given
UNION ALL
SELECT
    :supplier, given.lead_id, 'Hc' || substr(given.assignment_id, 2), :at, 'accepted',
    :run_id, :task, :actor,
    '{"assignment":"' || given.assignment_id || '","status":"pending"}',
    '{"assignment":"' || given.assignment_id || '","partner":' || {{ quoted }}
    || ',"status":"accepted","via":"auto_accept"}'
FROM load_assignment AS given
WHERE given.status = 'accepted'
ORDER BY 2, 3
