DELETE FROM crm_login WHERE supplier = :supplier AND account_id = :account_id AND day < :day
