-- What these leads (load_lead) held before, and which of their values were cut on their way out.
SELECT h.lead_id, h.at, h.kind, h.before, h.after
FROM load_lead AS n
JOIN history AS h ON h.supplier = :supplier AND h.lead_id = n.lead_id
WHERE h.kind IN ('updated', 'source_restored', 'pushed')
