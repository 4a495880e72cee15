SELECT w.identity, w.sequence, w.lead_id, w.body, w.attempts, k.record_id
FROM writeback AS w
JOIN source_link AS k ON k.supplier = w.supplier AND k.identity = w.identity
WHERE w.supplier = :supplier AND w.state = 'waiting' AND w.not_before <= :now
ORDER BY w.identity
LIMIT :most
