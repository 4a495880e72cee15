-- Open deliveries whose assignment is no longer accepted and active.
UPDATE delivery SET state = 'superseded', message = 'the assignment has ended'
WHERE supplier = :supplier
  AND account_id = :account_id
  AND state IN ('waiting', 'decided')
  AND NOT EXISTS (
    SELECT 1 FROM assignment AS a
    WHERE a.supplier = delivery.supplier AND a.assignment_id = delivery.assignment_id
      AND a.active AND a.status = 'accepted'
  )
