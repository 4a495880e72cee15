SELECT j.job_id
FROM crm_job AS j
WHERE j.supplier = :supplier AND j.account_id = :account_id AND j.job_key = :job_key
  AND j.state <> 'finished' AND j.job_id IS NOT NULL
