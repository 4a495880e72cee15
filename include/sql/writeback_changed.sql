-- The source records of these leads (load_lead), with what they were told last.
SELECT
  k.identity, k.record_id, k.lead_id, k.sequence, k.written_hash, w.state AS latest_state,
  w.body_hash AS latest_hash, l.status, l.sales_status, l.updated_at, a.partner_id, p.name AS partner_name,
  a.assigned_at, a.accepted_at, e.ended_at, COALESCE(d.decided_at, l.updated_at) AS decided_at, a.rep_name, a.rep_email,
  e.reasons, l.partner_changes,
  (
    SELECT s.body FROM writeback AS s
    WHERE s.supplier = k.supplier AND s.identity = k.identity AND s.state = 'sent'
      AND k.written_hash <> ''  -- else that was another record
    ORDER BY s.sequence DESC
    LIMIT 1
  ) AS written_body
FROM load_lead AS n
JOIN source_link AS k ON k.supplier = :supplier AND k.lead_id = n.lead_id
JOIN lead AS l ON l.supplier = k.supplier AND l.lead_id = k.lead_id
LEFT JOIN routing_decision AS d ON d.supplier = l.supplier AND d.lead_id = l.lead_id AND d.attempt = l.attempt
LEFT JOIN assignment AS a ON a.supplier = l.supplier AND a.lead_id = l.lead_id AND a.active
LEFT JOIN assignment AS e ON e.supplier = l.supplier AND e.lead_id = l.lead_id AND e.attempt = l.attempt
LEFT JOIN partner AS p ON p.supplier = a.supplier AND p.partner_id = a.partner_id
LEFT JOIN writeback AS w ON w.supplier = k.supplier AND w.identity = k.identity AND w.sequence = k.sequence
WHERE k.deleted_at IS NULL
  AND (
    w.identity IS NULL
    OR k.written_hash = ''
    OR w.lead_at <> l.updated_at
    OR w.lead_id <> l.lead_id
  )
ORDER BY k.identity
