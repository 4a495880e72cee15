SELECT j.job_key, j.operation, j.object, j.plan
FROM crm_job AS j
WHERE j.supplier = :supplier AND j.account_id = :account_id AND j.state <> 'finished' AND j.plan IS NOT NULL
ORDER BY j.created_at, j.job_key
