INSERT INTO lease (supplier, run_id, expires_at)
VALUES (:supplier, :run_id, :expires_at)
ON CONFLICT (supplier) DO UPDATE
SET run_id = excluded.run_id, expires_at = excluded.expires_at
WHERE lease.run_id = excluded.run_id OR lease.expires_at <= :now
