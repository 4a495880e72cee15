-- Source records (load_source_link) whose lead looks as they do, with that lead.
SELECT k.identity, k.lead_id, CAST(l.attributes AS TEXT) AS attributes, l.partner_changes
FROM load_source_link AS n
CROSS JOIN source_link AS k  -- keeps SQLite to starting from the loaded records
JOIN lead AS l ON l.supplier = k.supplier AND l.lead_id = k.lead_id AND l.fingerprint = k.fingerprint
WHERE k.supplier = :supplier AND k.identity = n.identity
