INSERT INTO mapping_version (supplier, mapping_hash, body, rules_hash, created_at)
VALUES (:supplier, :mapping_hash, :body, :rules_hash, :started_at)
ON CONFLICT (supplier, mapping_hash) DO NOTHING
