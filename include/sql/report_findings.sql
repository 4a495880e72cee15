-- What preflight found and nobody has mended.
SELECT subject, code, detail, message, severity, run_id, found_at
FROM finding
WHERE supplier = :supplier AND cleared_at IS NULL
ORDER BY severity, subject, code, detail
