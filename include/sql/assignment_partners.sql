-- How many leads of one run each partner got.
SELECT partner_id, COUNT(*) AS leads
FROM assignment
WHERE supplier = :supplier AND run_id = :run_id
GROUP BY partner_id
ORDER BY partner_id
