{# Leads decided since a time, with what was decided first, in the order in which they were routed. #}
SELECT
    lead.lead_id,
{% if dialect == "postgresql" %}
    CAST(lead.attributes AS TEXT) AS attributes,
{% else %}
    lead.attributes,
{% endif %}
    lead.email, lead.preassigned, lead.campaign_key, decision.outcome, decision.partner_id,
    decision.reason, decision.decided_at
FROM routing_decision AS decision
JOIN lead ON lead.supplier = decision.supplier AND lead.lead_id = decision.lead_id
LEFT JOIN run ON run.supplier = lead.supplier AND run.run_id = lead.first_run
LEFT JOIN batch ON batch.supplier = lead.supplier AND batch.batch_id = lead.first_batch
WHERE decision.supplier = :supplier AND decision.attempt = 1 AND lead.created_at >= :since
    AND decision.reason <> 'source_deleted'
ORDER BY
    COALESCE(run.started_at, lead.created_at), lead.first_run, COALESCE(batch.number, 0), lead.first_row,
    lead.lead_id
