SELECT
    decision.attempt, decision.outcome, decision.partner_id, decision.reason, decision.run_id,
    decision.actor, decision.decided_at, decision.details, trace.body
FROM routing_decision AS decision
JOIN routing_trace AS trace ON trace.supplier = decision.supplier AND trace.trace_id = decision.trace_id
WHERE decision.supplier = :supplier AND decision.lead_id = :lead_id
ORDER BY decision.attempt
