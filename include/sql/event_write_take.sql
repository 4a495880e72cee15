SELECT
  w.event_id, w.identity, w.lead_id, w.attempts, e.type, e.occurred_at, e.subject, e.body, e.opportunity_id,
  COALESCE(o.source_record_id, k.merged_into, k.record_id) AS record_id
FROM event_write AS w
JOIN event AS e ON e.supplier = w.supplier AND e.event_id = w.event_id
LEFT JOIN source_link AS k ON k.supplier = w.supplier AND k.identity = w.identity
LEFT JOIN opportunity AS o ON o.supplier = e.supplier AND o.opportunity_id = e.opportunity_id
WHERE w.supplier = :supplier AND w.state = 'waiting' AND w.not_before <= :now
ORDER BY e.occurred_at, w.event_id, w.identity
LIMIT :most
