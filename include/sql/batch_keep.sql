INSERT INTO batch (supplier, batch_id, run_id, kind, number, uri, origin, rows, replay_of, replay_rows)
SELECT supplier, batch_id, run_id, kind, number, uri, origin, rows, replay_of, replay_rows
FROM load_batch
WHERE supplier = :supplier
ON CONFLICT (supplier, batch_id) DO NOTHING
