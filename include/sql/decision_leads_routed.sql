{# Where leads stand that were decided, and their first decision if this was it. With whoever gets one, selling
   begins anew. #}
UPDATE lead
SET
    status = made.status,
    sales_status = CASE WHEN made.partner_id IS NULL THEN lead.sales_status ELSE 'open' END,
    attempt = made.attempt,
    decision = COALESCE(lead.decision, CASE WHEN made.partner_id IS NULL THEN 'unassigned' ELSE 'assigned' END),
    updated_at = :at
FROM load_routed AS made
WHERE lead.supplier = :supplier AND lead.lead_id = made.lead_id
