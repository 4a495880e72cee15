-- What the supplier is told changed: every lead with a source record that was told nothing of how it stands.
UPDATE lead SET looked_at = 0
WHERE supplier = :supplier AND decision IS NOT NULL AND looked_at = updated_at
  AND EXISTS (
    SELECT 1
    FROM source_link AS k
    LEFT JOIN writeback AS w ON w.supplier = k.supplier AND w.identity = k.identity AND w.sequence = k.sequence
    WHERE k.supplier = lead.supplier AND k.lead_id = lead.lead_id AND k.deleted_at IS NULL
      AND (w.identity IS NULL OR w.lead_at <> lead.updated_at)
  )
