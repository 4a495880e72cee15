-- Activities are read up to here; only a scheduled run says so.
INSERT INTO watermark (supplier, feed, position_at, run_id)
SELECT supplier, :feed, :position_at, run_id
FROM run
WHERE supplier = :supplier AND run_id = :run_id AND kind = 'scheduled'
ON CONFLICT (supplier, feed) DO UPDATE
SET position_at = excluded.position_at, run_id = excluded.run_id
WHERE watermark.position_at < excluded.position_at
