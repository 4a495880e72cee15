{# A source record came back: what its deletion closed waits for a person again, whoever had it before. Where an
   assignment was closed, the lead was taken away, and stays closed. #}
UPDATE lead
SET source_deleted = FALSE, updated_at = :now,
    status = CASE
        WHEN status = 'deactivated' AND NOT EXISTS (
            SELECT 1 FROM assignment
            WHERE assignment.supplier = lead.supplier AND assignment.lead_id = lead.lead_id
              AND assignment.status = 'deactivated'
        ) THEN 'unassigned' ELSE status END
WHERE supplier = :supplier
  AND lead_id IN (SELECT lead_id FROM load_touched)
  AND source_deleted
  AND EXISTS (
      SELECT 1 FROM source_link
      WHERE source_link.supplier = lead.supplier AND source_link.lead_id = lead.lead_id
        AND source_link.deleted_at IS NULL
  )
