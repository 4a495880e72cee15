-- Open deliveries whose assignment is no longer accepted and active. What a bulk job carries is left: its
-- result is still to come.
UPDATE delivery SET state = 'superseded', message = 'the assignment has ended'
WHERE supplier = :supplier
  AND account_id = :account_id
  AND state IN ('waiting', 'decided')
  AND job_id IS NULL
  AND NOT EXISTS (
    SELECT 1 FROM assignment AS a
    WHERE a.supplier = delivery.supplier AND a.assignment_id = delivery.assignment_id
      AND a.active AND a.status = 'accepted'
  )
