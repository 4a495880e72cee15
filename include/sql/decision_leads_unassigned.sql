{# Leads that nobody got wait for a person; those their source took back are closed. #}
UPDATE lead
SET
    status = CASE WHEN made.reason = 'source_deleted' THEN 'deactivated' ELSE 'unassigned' END,
    attempt = made.attempt,
    decision = COALESCE(lead.decision, 'unassigned'),
    updated_at = :at
FROM load_routing_decision AS made
WHERE lead.supplier = :supplier AND lead.lead_id = made.lead_id AND made.outcome = 'unassigned'
