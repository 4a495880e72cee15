INSERT INTO run (supplier, run_id, dag_id, kind, mapping_hash, rules_hash, window_start, window_end, options, started_at)
VALUES (:supplier, :run_id, :dag_id, :kind, :mapping_hash, :rules_hash, :window_start, :window_end, :options, :started_at)
ON CONFLICT (supplier, run_id) DO NOTHING
