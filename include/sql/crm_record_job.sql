INSERT INTO crm_job (supplier, account_id, job_key, job_id, operation, object, rows, state, created_at)
VALUES (:supplier, :account_id, :job_key, :job_id, :operation, :object, :rows, 'created', :at)
ON CONFLICT (supplier, account_id, job_key) DO NOTHING
