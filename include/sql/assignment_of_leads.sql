{# Leads by id with all their assignments, for another attempt; a lead without any has one row. #}
SELECT
    lead.lead_id,
{% if dialect == "postgresql" %}
    CAST(lead.attributes AS TEXT) AS attributes,
{% else %}
    lead.attributes,
{% endif %}
    lead.email, lead.preassigned, lead.campaign_key, lead.attempt, lead.source_deleted, lead.status,
    lead.decision, assignment.assignment_id, assignment.partner_id, assignment.active,
    assignment.status AS assignment_status, assignment.attempt AS assignment_attempt
FROM load_lead AS wanted
JOIN lead ON lead.supplier = :supplier AND lead.lead_id = wanted.lead_id
LEFT JOIN assignment ON assignment.supplier = :supplier AND assignment.lead_id = lead.lead_id
LEFT JOIN run ON run.supplier = :supplier AND run.run_id = lead.first_run
LEFT JOIN batch ON batch.supplier = :supplier AND batch.batch_id = lead.first_batch
ORDER BY
    COALESCE(run.started_at, lead.created_at), lead.first_run, COALESCE(batch.number, 0), lead.first_row,
    lead.lead_id, assignment.attempt
