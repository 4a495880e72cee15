-- Leads of rows (load_writeback) that were replaced, or found needless, while they were being sent.
UPDATE lead SET looked_at = 0
WHERE supplier = :supplier
  AND lead_id IN (
    SELECT w.lead_id
    FROM load_writeback AS n
    CROSS JOIN writeback AS w  -- keeps SQLite to starting from the loaded rows
    WHERE w.supplier = :supplier AND w.identity = n.identity AND w.sequence = n.sequence
      AND w.state = 'superseded'
  )
