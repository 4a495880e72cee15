{# One line for each lead that nobody got. #}
INSERT INTO history (supplier, lead_id, event_id, at, kind, run_id, task, actor, before, after)
SELECT
    :supplier, made.lead_id, 'Hu' || made.attempt, :at,
    CASE WHEN made.reason = 'source_deleted' THEN 'deactivated' ELSE 'unassigned' END,
    :run_id, :task, :actor, NULL,
    '{"attempt":' || made.attempt || ',"reason":"' || made.reason || '"}'
FROM load_routed AS made
WHERE made.partner_id IS NULL
