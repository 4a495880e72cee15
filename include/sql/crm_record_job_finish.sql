UPDATE crm_job SET state = 'finished', plan = NULL
WHERE supplier = :supplier AND account_id = :account_id AND job_key = :job_key
