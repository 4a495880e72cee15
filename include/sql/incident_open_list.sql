-- Incidents of a supplier that are not closed.
SELECT task, cause, opened_at, run_id, message, count
FROM incident
WHERE supplier = :supplier AND closed_at IS NULL
ORDER BY opened_at, task, cause
