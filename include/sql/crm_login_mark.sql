-- One mark a day: a login that succeeded once makes the day a good one, and then it stays as it is.
INSERT INTO crm_login (supplier, account_id, day, ok, at)
VALUES (:supplier, :account_id, :day, CAST(:ok AS BOOLEAN), CAST(:at AS BIGINT))
ON CONFLICT (supplier, account_id, day) DO UPDATE
SET ok = excluded.ok, at = excluded.at
WHERE excluded.ok AND NOT crm_login.ok
