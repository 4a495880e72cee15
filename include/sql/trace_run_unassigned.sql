SELECT decision.lead_id, decision.reason, lead.status, lead.first_batch, lead.first_row
FROM routing_decision AS decision
JOIN lead ON lead.supplier = decision.supplier AND lead.lead_id = decision.lead_id
WHERE decision.supplier = :supplier AND decision.run_id = :run_id AND decision.outcome = 'unassigned'
ORDER BY lead.first_batch, lead.first_row
