{# WHERE before ON CONFLICT: without it SQLite takes ON for a join. #}
INSERT INTO watermark (supplier, feed, position_at, run_id)
SELECT supplier, kind, watermark_to, run_id
FROM pull
WHERE supplier = :supplier AND run_id = :run_id AND kind = :kind
  AND completed_at IS NOT NULL AND watermark_to IS NOT NULL
ON CONFLICT (supplier, feed) DO UPDATE
SET position_at = excluded.position_at, run_id = excluded.run_id
WHERE watermark.position_at < excluded.position_at
