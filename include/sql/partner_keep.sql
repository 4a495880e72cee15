INSERT INTO partner (
    supplier, partner_id, name, name_key, active, account_id, auto_accept, profile, updated_at
)
SELECT supplier, partner_id, name, name_key, active, account_id, auto_accept, profile, updated_at
FROM load_partner
WHERE TRUE
ON CONFLICT (supplier, partner_id) DO UPDATE SET
    name = excluded.name,
    name_key = excluded.name_key,
    active = excluded.active,
    account_id = excluded.account_id,
    auto_accept = excluded.auto_accept,
    profile = excluded.profile,
    updated_at = excluded.updated_at
