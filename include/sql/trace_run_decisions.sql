SELECT outcome, reason, partner_id, count(*) AS decisions
FROM routing_decision
WHERE supplier = :supplier AND run_id = :run_id
GROUP BY outcome, reason, partner_id
ORDER BY outcome, reason, partner_id
