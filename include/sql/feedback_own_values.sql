-- What these leads (load_lead) held before, what was pushed of it, which of their values were cut on their way out,
-- and which of their fields are on their way to this account (after; null: all).
SELECT h.lead_id, h.at, h.kind, h.before, h.after
FROM load_lead AS n
JOIN history AS h ON h.supplier = :supplier AND h.lead_id = n.lead_id
WHERE h.kind IN ('updated', 'source_restored', 'pushed')
UNION ALL
SELECT d.lead_id, d.queued_at, 'delivery', NULL, d.changed
FROM load_lead AS n
JOIN delivery AS d ON d.supplier = :supplier AND d.lead_id = n.lead_id
WHERE d.account_id = :account_id AND d.state IN ('waiting', 'decided')
