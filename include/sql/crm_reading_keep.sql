-- A reading that is repeated finds less, or nothing, new: the one that found most counts.
INSERT INTO crm_reading (supplier, run_id, account_id, records, read_at)
VALUES (:supplier, :run_id, :account_id, :records, :read_at)
ON CONFLICT (supplier, run_id, account_id) DO UPDATE
SET records = excluded.records, read_at = excluded.read_at
WHERE excluded.records > crm_reading.records
