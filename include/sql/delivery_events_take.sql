-- Notes and events of one account that are due. A note's event id is its delivery's.
SELECT
  v.assignment_id, v.event_id, v.attempts, r.record_id, e.type, e.body, e.occurred_at, d.decision, d.sent_at
FROM event_delivery AS v
JOIN crm_record AS r ON r.supplier = v.supplier AND r.assignment_id = v.assignment_id
LEFT JOIN event AS e ON e.supplier = v.supplier AND e.event_id = v.event_id
LEFT JOIN delivery AS d ON d.supplier = v.supplier AND d.delivery_id = v.event_id
WHERE v.supplier = :supplier
  AND v.state = 'waiting'
  AND v.not_before <= :now
  AND r.account_id = :account_id
ORDER BY v.assignment_id, v.event_id
LIMIT :most
