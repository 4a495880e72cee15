{# One line that a lead was assigned, and one more beside it where its partner accepts at once. Its attempt
   names each among the lead's, in the order in which they are read; short names keep the index small. #}
{% set quoted = "to_json(given.partner_id)" if dialect == "postgresql" else "json_quote(given.partner_id)" %}
INSERT INTO history (supplier, lead_id, event_id, at, kind, run_id, task, actor, before, after)
SELECT
    :supplier, given.lead_id,
    CASE line.kind WHEN 'assigned' THEN 'Ha' ELSE 'Hc' END || given.attempt,
    :at, line.kind, :run_id, :task, :actor,
    CASE line.kind WHEN 'accepted' THEN
        '{"assignment":"' || given.assignment_id || '","status":"pending"}'
    END,
    CASE line.kind WHEN 'assigned' THEN
        '{"assignment":"' || given.assignment_id || '","attempt":' || given.attempt || ',"partner":'
        || {{ quoted }} || ',"reason":"' || given.reason || '","status":"pending"}'
    ELSE
        '{"assignment":"' || given.assignment_id || '","partner":' || {{ quoted }}
        || ',"status":"accepted","via":"auto_accept"}'
    END
FROM load_routed AS given
CROSS JOIN (SELECT 'assigned' AS kind UNION ALL SELECT 'accepted') AS line
WHERE given.assignment_id IS NOT NULL AND (line.kind = 'assigned' OR given.status = 'accepted')
