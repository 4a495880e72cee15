-- Why source records that are still there refuse what they were told last, and how many for each reason.
SELECT w.vendor_code, COUNT(*) AS records, MIN(w.lead_id) AS lead_id
FROM writeback AS w
JOIN source_link AS k ON k.supplier = w.supplier AND k.identity = w.identity AND k.sequence = w.sequence
WHERE w.supplier = :supplier AND w.state = 'refused' AND k.deleted_at IS NULL
GROUP BY w.vendor_code
ORDER BY w.vendor_code
