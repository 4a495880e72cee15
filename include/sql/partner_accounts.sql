SELECT account_id, type, connection, state, options
FROM crm_account
WHERE supplier = :supplier
