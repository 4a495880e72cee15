-- Updates that a newer one (load_delivery) replaces. A first push is about more, and is left to finish.
UPDATE delivery SET state = 'superseded'
WHERE supplier = :supplier
  AND state = 'waiting'
  AND changed IS NOT NULL
  AND EXISTS (
    SELECT 1 FROM load_delivery AS n
    WHERE n.lead_id = delivery.lead_id AND n.assignment_id = delivery.assignment_id
      AND n.sequence > delivery.sequence
  )
