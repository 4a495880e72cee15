{# The state of an account is the hub's own: an import does not switch a deactivated CRM on again. #}
INSERT INTO crm_account (supplier, account_id, type, connection, options, updated_at)
SELECT supplier, account_id, type, connection, options, updated_at
FROM load_crm_account
WHERE TRUE
ON CONFLICT (supplier, account_id) DO UPDATE SET
    type = excluded.type,
    connection = excluded.connection,
    options = excluded.options,
    updated_at = excluded.updated_at
