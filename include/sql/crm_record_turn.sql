INSERT INTO crm_job (supplier, account_id, job_key, operation, object, rows, state, created_at)
VALUES (:supplier, :account_id, :job_key, '', '', 0, 'planned', :at)
ON CONFLICT (supplier, account_id, job_key) DO UPDATE SET state = 'planned', created_at = excluded.created_at
