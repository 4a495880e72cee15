{# WHERE before ON CONFLICT: without it SQLite takes ON for a join. One that stands keeps its beginning. #}
INSERT INTO finding (supplier, subject, code, detail, message, severity, run_id, found_at)
SELECT supplier, subject, code, detail, message, severity, run_id, found_at
FROM load_finding
WHERE supplier = :supplier
ON CONFLICT (supplier, subject, code, detail) DO UPDATE
SET message = excluded.message,
    severity = excluded.severity,
    run_id = CASE WHEN finding.cleared_at IS NULL THEN finding.run_id ELSE excluded.run_id END,
    found_at = CASE WHEN finding.cleared_at IS NULL THEN finding.found_at ELSE excluded.found_at END,
    cleared_at = NULL
