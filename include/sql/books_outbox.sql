{# What this run put into one outbox towards the supplier, by where it stands. #}
SELECT state, COUNT(*) AS rows FROM {{ table_outbox }}
WHERE supplier = :supplier AND run_id = :run_id
GROUP BY state
