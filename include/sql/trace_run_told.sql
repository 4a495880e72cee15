-- What a run queued of events and opportunities for the supplier's system, by state.
SELECT 'events' AS what, w.state, COUNT(*) AS rows
FROM event_write AS w
WHERE w.supplier = :supplier AND w.run_id = :run_id
GROUP BY w.state
UNION ALL
SELECT 'opportunities', w.state, COUNT(*)
FROM opportunity_write AS w
WHERE w.supplier = :supplier AND w.run_id = :run_id
GROUP BY w.state
ORDER BY 1, 2
