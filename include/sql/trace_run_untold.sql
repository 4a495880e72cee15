-- Events and opportunities of a run that the supplier's system has not taken.
SELECT 'event ' || w.event_id AS delivery, w.lead_id, w.state, w.attempts, w.vendor_code, NULL AS vendor_field, w.message
FROM event_write AS w
WHERE w.supplier = :supplier AND w.run_id = :run_id AND w.state IN ('waiting', 'refused')
UNION ALL
SELECT 'opportunity ' || w.opportunity_id, w.lead_id, w.state, w.attempts, w.vendor_code, w.vendor_field, w.message
FROM opportunity_write AS w
WHERE w.supplier = :supplier AND w.run_id = :run_id AND w.state IN ('waiting', 'refused')
ORDER BY 1
