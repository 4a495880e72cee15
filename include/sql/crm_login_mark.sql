-- One mark a day: a login that succeeded once makes the day a good one.
INSERT INTO crm_login (supplier, account_id, day, ok, at)
VALUES (:supplier, :account_id, :day, CAST(:ok AS BOOLEAN), CAST(:at AS BIGINT))
ON CONFLICT (supplier, account_id, day) DO UPDATE
SET ok = crm_login.ok OR excluded.ok, at = excluded.at
