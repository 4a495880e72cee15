-- Where the leads stand today that this run brought.
SELECT status, sales_status, decision, count(*) AS leads
FROM lead
WHERE supplier = :supplier AND first_run = :run_id
GROUP BY status, sales_status, decision
ORDER BY status, sales_status, decision
