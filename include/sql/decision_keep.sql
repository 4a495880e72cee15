{# In the order of the keys: inserting at random places of an index costs a quarter more. #}
INSERT INTO routing_decision (
    supplier, lead_id, attempt, outcome, partner_id, reason, trace_id, details,
    mapping_hash, rules_hash, run_id, actor, decided_at
)
SELECT
    :supplier, lead_id, attempt, outcome, partner_id, reason, trace_id, details,
    :mapping_hash, :rules_hash, :run_id, :actor, :at
FROM load_routing_decision
ORDER BY lead_id
