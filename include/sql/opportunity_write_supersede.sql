-- Rows that wait, and that newer ones (load_opportunity_write) replace or make needless.
UPDATE opportunity_write SET state = 'superseded'
WHERE supplier = :supplier
  AND (opportunity_id, sequence) IN (
    SELECT w.opportunity_id, w.sequence
    FROM load_opportunity_write AS n
    CROSS JOIN opportunity_write AS w  -- keeps SQLite to starting from the newer ones
    WHERE w.supplier = :supplier AND w.opportunity_id = n.opportunity_id AND w.sequence < n.sequence
      AND w.state NOT IN ('sent', 'refused', 'superseded')  -- no planner reads all that waits for this
  )
