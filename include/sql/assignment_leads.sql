{# Leads that were assigned: where they stand, and their first decision if this was it. With whoever gets one,
   selling begins anew. #}
UPDATE lead
SET
    status = given.status,
    sales_status = 'open',
    attempt = given.attempt,
    decision = COALESCE(lead.decision, 'assigned'),
    updated_at = :at
FROM load_assignment AS given
WHERE lead.supplier = :supplier AND lead.lead_id = given.lead_id
