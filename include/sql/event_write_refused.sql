-- Why events that were queued lately are refused, and how many for each reason; not those of deleted records.
SELECT w.vendor_code, COUNT(*) AS records, MIN(w.lead_id) AS lead_id
FROM event_write AS w
LEFT JOIN source_link AS k ON k.supplier = w.supplier AND k.identity = w.identity
WHERE w.supplier = :supplier AND w.state = 'refused' AND w.queued_at >= :since AND k.deleted_at IS NULL
GROUP BY w.vendor_code
ORDER BY w.vendor_code
