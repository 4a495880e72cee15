-- A reading that is repeated finds less, or nothing, new: the first one counts.
INSERT INTO crm_reading (supplier, run_id, account_id, records, read_at)
VALUES (:supplier, :run_id, :account_id, :records, :read_at)
ON CONFLICT (supplier, run_id, account_id) DO UPDATE
SET records = CASE WHEN excluded.records > crm_reading.records THEN excluded.records ELSE crm_reading.records END,
    read_at = excluded.read_at
