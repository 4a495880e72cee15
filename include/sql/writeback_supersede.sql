-- Rows that wait, and that newer ones (load_writeback) replace or make needless.
UPDATE writeback SET state = 'superseded'
WHERE supplier = :supplier
  AND (identity, sequence) IN (
    SELECT w.identity, w.sequence
    FROM load_writeback AS n
    CROSS JOIN writeback AS w  -- keeps SQLite to starting from the newer ones
    WHERE w.supplier = :supplier AND w.identity = n.identity AND w.sequence < n.sequence
      AND w.state NOT IN ('sent', 'refused', 'superseded')  -- no planner reads all that waits for this
  )
