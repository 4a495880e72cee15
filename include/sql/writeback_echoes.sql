-- Source records (load_source_link) with their lead, whether it looks as they do, and how many more it has.
SELECT
  k.identity, k.lead_id, CAST(l.attributes AS TEXT) AS attributes, l.partner_changes, l.fingerprint,
  (l.fingerprint = k.fingerprint) AS alike,
  (
    SELECT COUNT(*) FROM source_link AS o
    WHERE o.supplier = k.supplier AND o.lead_id = k.lead_id AND o.identity <> k.identity AND o.deleted_at IS NULL
      AND o.merged_into IS NULL
  ) AS others
FROM load_source_link AS n
CROSS JOIN source_link AS k  -- keeps SQLite to starting from the loaded records
JOIN lead AS l ON l.supplier = k.supplier AND l.lead_id = k.lead_id
WHERE k.supplier = :supplier AND k.identity = n.identity
