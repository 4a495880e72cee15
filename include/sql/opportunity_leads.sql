-- Leads (load_lead) with a partner that are not at this sales status yet.
SELECT l.lead_id, l.sales_status, l.updated_at
FROM load_lead AS n
JOIN lead AS l ON l.supplier = :supplier AND l.lead_id = n.lead_id
JOIN assignment AS a ON a.supplier = l.supplier AND a.lead_id = l.lead_id AND a.active
WHERE l.sales_status <> :status
ORDER BY l.lead_id
