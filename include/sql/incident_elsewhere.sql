-- The open incidents of a cause, of all suppliers.
SELECT supplier, task
FROM incident
WHERE cause = :cause AND closed_at IS NULL
ORDER BY supplier, task
