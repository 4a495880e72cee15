-- The supplier's events that went into the queue of each record that carries their lead now, or have none to go to.
UPDATE event SET queued = TRUE
WHERE supplier = :supplier AND origin = 'supplier' AND NOT queued
  AND NOT EXISTS (
    SELECT 1
    FROM assignment AS a
    JOIN crm_record AS r ON r.supplier = a.supplier AND r.assignment_id = a.assignment_id
    WHERE a.supplier = event.supplier AND a.lead_id = event.lead_id AND a.active
      AND NOT EXISTS (
        SELECT 1 FROM event_delivery AS v
        WHERE v.supplier = event.supplier AND v.assignment_id = a.assignment_id AND v.event_id = event.event_id
      )
  )
