-- What partners that take no new leads still have: leads that wait for their answer, rows that wait for their CRM.
SELECT
  p.partner_id,
  (
    SELECT COUNT(*) FROM assignment AS a
    WHERE a.supplier = p.supplier AND a.partner_id = p.partner_id AND a.active AND a.status = 'pending'
      AND a.status IN ('pending', 'rejected')  -- as the index of open ones says it
  ) AS pending,
  (
    SELECT COUNT(*) FROM delivery AS d
    WHERE d.supplier = p.supplier AND d.partner_id = p.partner_id AND d.state IN ('waiting', 'decided')
  ) AS undelivered
FROM partner AS p
WHERE p.supplier = :supplier AND NOT p.active
ORDER BY p.partner_id
