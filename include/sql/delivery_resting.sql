-- Decided deliveries of one account that rest before another try.
SELECT d.decision, l.email
FROM delivery AS d
JOIN lead AS l ON l.supplier = d.supplier AND l.lead_id = d.lead_id
WHERE d.supplier = :supplier
  AND d.account_id = :account_id
  AND d.state IN ('waiting', 'decided')
  AND d.state = 'decided'
  AND d.not_before > :now
