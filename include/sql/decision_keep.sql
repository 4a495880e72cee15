INSERT INTO routing_decision (
    supplier, lead_id, attempt, outcome, partner_id, reason, trace_id, details, run_id, actor, decided_at
)
SELECT
    :supplier, lead_id, attempt, CASE WHEN partner_id IS NULL THEN 'unassigned' ELSE 'assigned' END,
    partner_id, reason, trace_id, details, :run_id, :actor, :at
FROM load_routed
