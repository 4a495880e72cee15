-- Active accounts with an open delivery, an activity that waits, or an event that nobody queued yet.
SELECT c.account_id
FROM crm_account AS c
WHERE c.supplier = :supplier
  AND c.state = 'active'
  AND (
    EXISTS (
      SELECT 1 FROM delivery AS d
      WHERE d.supplier = c.supplier AND d.account_id = c.account_id AND d.state IN ('waiting', 'decided')
    )
    OR c.account_id IN (
      SELECT r.account_id
      FROM event_delivery AS v
      CROSS JOIN crm_record AS r  -- keeps SQLite to starting from what waits
      WHERE v.supplier = :supplier AND v.state = 'waiting'
        AND r.supplier = v.supplier AND r.assignment_id = v.assignment_id
    )
    OR c.account_id IN (
      SELECT r.account_id
      FROM event AS e
      JOIN assignment AS a ON a.supplier = e.supplier AND a.lead_id = e.lead_id AND a.active
      JOIN crm_record AS r ON r.supplier = a.supplier AND r.assignment_id = a.assignment_id
      WHERE e.supplier = :supplier
        AND e.origin = 'supplier'
        AND NOT e.queued
        AND (a.status = 'accepted' OR (a.status = 'pending' AND r.account_id IN (
          SELECT t.account_id FROM crm_account AS t WHERE t.supplier = :supplier AND t.type = :pending_type
        )))
        AND NOT EXISTS (
          SELECT 1 FROM event_delivery AS v
          WHERE v.supplier = e.supplier AND v.assignment_id = a.assignment_id AND v.event_id = e.event_id
        )
    )
  )
