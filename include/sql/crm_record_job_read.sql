-- The job of a part of a plan; its deliveries may be planned again.
UPDATE crm_job SET state = 'finished'
WHERE supplier = :supplier AND account_id = :account_id AND job_id = :job_id AND plan IS NULL
