{# WHERE before ON CONFLICT: without it SQLite takes ON for a join. It never goes back. #}
INSERT INTO watermark (supplier, feed, position_at, run_id)
SELECT :supplier, :feed, CAST(:position_at AS BIGINT), :run_id
WHERE TRUE
ON CONFLICT (supplier, feed) DO UPDATE
SET position_at = excluded.position_at, run_id = excluded.run_id
WHERE watermark.position_at < excluded.position_at
