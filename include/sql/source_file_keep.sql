{# A known file keeps its first row; one that was unreadable is judged anew. WHERE: without it SQLite takes ON for a
   join. #}
INSERT INTO source_file (
    supplier, sha256, resend, kind, name, size, modified_at, encoding, rows, state, error, first_run, first_seen_at
)
SELECT supplier, sha256, resend, kind, name, size, modified_at, encoding, rows, state, error, first_run, first_seen_at
FROM load_source_file
WHERE supplier = :supplier
ON CONFLICT (supplier, sha256, resend) DO UPDATE
SET state = excluded.state, error = excluded.error, rows = excluded.rows, encoding = excluded.encoding
WHERE source_file.state IN ('unreadable', 'set_aside') AND source_file.first_run <> excluded.first_run
