-- The same deliveries may be planned again after a retry: a finished plan gives way.
INSERT INTO crm_job (supplier, account_id, job_key, operation, object, rows, state, created_at, plan)
VALUES (:supplier, :account_id, :job_key, :operation, :object, :rows, 'planned', :at, :plan)
ON CONFLICT (supplier, account_id, job_key) DO UPDATE SET
  job_id = NULL, operation = excluded.operation, object = excluded.object, state = 'planned',
  created_at = excluded.created_at, plan = excluded.plan
