INSERT INTO pull (supplier, run_id, kind, manifest_uri, rows, watermark_to, landed_at)
VALUES (:supplier, :run_id, :kind, :manifest_uri, :rows, :watermark_to, :landed_at)
ON CONFLICT (supplier, run_id, kind) DO NOTHING
