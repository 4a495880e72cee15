-- Partners' events that are queued need not be looked at again, until their lead gets another source record.
UPDATE event SET queued = TRUE
WHERE supplier = :supplier AND origin = 'partner' AND NOT queued
  AND EXISTS (
    SELECT 1 FROM event_write AS w WHERE w.supplier = event.supplier AND w.event_id = event.event_id
  )
