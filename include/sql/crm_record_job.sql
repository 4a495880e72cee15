-- A plan that is one job keeps its id; a plan cut into several jobs gets a row for each.
INSERT INTO crm_job (supplier, account_id, job_key, job_id, operation, object, rows, state, created_at)
VALUES (:supplier, :account_id, :job_key, :job_id, :operation, :object, :rows, 'created', :at)
ON CONFLICT (supplier, account_id, job_key) DO UPDATE SET job_id = excluded.job_id, state = 'created'
