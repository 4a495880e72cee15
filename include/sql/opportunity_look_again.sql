-- Opportunities of rows (load_opportunity_write) that were replaced, or found needless, while they were being sent.
UPDATE opportunity SET looked_at = 0
WHERE supplier = :supplier
  AND opportunity_id IN (
    SELECT w.opportunity_id
    FROM load_opportunity_write AS n
    CROSS JOIN opportunity_write AS w  -- keeps SQLite to starting from the loaded rows
    WHERE w.supplier = :supplier AND w.opportunity_id = n.opportunity_id AND w.sequence = n.sequence
      AND w.state = 'superseded'
  )
