{# A replay was chosen by a person, row by row: no threshold holds it. #}
INSERT INTO pull (supplier, run_id, kind, manifest_uri, rows, watermark_to, judged, landed_at)
VALUES (:supplier, :run_id, :kind, :manifest_uri, :rows, :watermark_to, :judged, :landed_at)
ON CONFLICT (supplier, run_id, kind) DO NOTHING
