-- What a newer delivery (load_delivery) replaces; a decided one may be under way and is left to finish.
UPDATE delivery SET state = 'superseded'
WHERE supplier = :supplier
  AND state = 'waiting'
  AND EXISTS (
    SELECT 1 FROM load_delivery AS n
    WHERE n.lead_id = delivery.lead_id AND n.assignment_id = delivery.assignment_id
      AND n.sequence > delivery.sequence
  )
