-- The records of an account that carry leads of ours: of active assignments, and of those that ended lately.
-- Leads of one record have one address, or the partner joined them; any of them will do to ask.
SELECT r.record_id, MIN(r.object) AS object, MIN(r.assignment_id) AS external_id, MIN(l.email_key) AS email,
       MIN(s.stamp) AS stamp, MAX(CASE WHEN s.record_id IS NULL OR s.reread THEN 1 ELSE 0 END) AS fresh,
       MAX(CASE WHEN s.gone_at IS NULL THEN 0 ELSE 1 END) AS gone
FROM crm_record AS r
JOIN assignment AS a ON a.supplier = r.supplier AND a.assignment_id = r.assignment_id
JOIN lead AS l ON l.supplier = a.supplier AND l.lead_id = a.lead_id
LEFT JOIN crm_seen AS s
  ON s.supplier = r.supplier AND s.account_id = r.account_id AND s.record_id = r.record_id
WHERE r.supplier = :supplier AND r.account_id = :account_id
  AND (a.active OR a.ended_at >= :ended_after)
GROUP BY r.record_id
ORDER BY r.record_id
