{# Without a source record left: one that waits for a person is closed; one not routed yet is closed by
   routing, which sees the flag; one that a partner has is flagged. #}
UPDATE lead
SET source_deleted = TRUE, updated_at = :now,
    status = CASE WHEN status = 'unassigned' AND decision IS NOT NULL THEN 'deactivated' ELSE status END
WHERE supplier = :supplier
  AND lead_id IN (SELECT lead_id FROM load_touched)
  AND NOT source_deleted
  AND NOT EXISTS (
      SELECT 1 FROM source_link
      WHERE source_link.supplier = lead.supplier AND source_link.lead_id = lead.lead_id
        AND source_link.deleted_at IS NULL
  )
