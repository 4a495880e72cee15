-- How often each trouble was told, and since when it is open now, if it is.
SELECT task, cause, COUNT(*) AS times, MAX(CASE WHEN closed_at IS NULL THEN opened_at END) AS open_since
FROM incident
WHERE supplier = :supplier
GROUP BY task, cause
ORDER BY task, cause
