-- When the first row that rests (deliveries, notes, events) may go again.
SELECT MIN(due) FROM (
  SELECT MIN(d.not_before) AS due
  FROM delivery AS d
  WHERE d.supplier = :supplier AND d.account_id = :account_id AND d.state IN ('waiting', 'decided')
    AND d.not_before > :after
  UNION ALL
  SELECT MIN(v.not_before)
  FROM event_delivery AS v
  JOIN crm_record AS r ON r.supplier = v.supplier AND r.assignment_id = v.assignment_id
  WHERE v.supplier = :supplier AND v.state = 'waiting' AND v.not_before > :after
    AND r.account_id = :account_id
) AS resting
