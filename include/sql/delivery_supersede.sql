-- Updates that a newer one (load_delivery) replaces. A first push is about more, and is left to finish.
UPDATE delivery SET state = 'superseded'
WHERE supplier = :supplier
  AND delivery_id IN (
    SELECT d.delivery_id
    FROM load_delivery AS n
    CROSS JOIN delivery AS d  -- keeps SQLite to starting from the newer ones
    WHERE d.supplier = :supplier
      AND d.lead_id = n.lead_id
      AND d.assignment_id = n.assignment_id
      AND d.sequence < n.sequence
      AND d.state = 'waiting'
      AND d.changed IS NOT NULL
  )
