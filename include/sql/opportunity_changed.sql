-- These opportunities (load_opportunity) with what their record was told last, and who has the lead. One whose lead
-- has no source record (any more) has nowhere to go.
SELECT
  o.opportunity_id, o.lead_id, o.name, o.stage, o.status, o.probability, o.amount, o.currency, o.close_date,
  o.owner_name, o.owner_email, o.partner_id, o.sequence, o.written_hash, p.name AS partner_name, a.rep_name,
  a.rep_email, w.state AS latest_state, w.body_hash AS latest_hash,
  EXISTS (  -- sent after what the record was told last, with no answer that says what came of it
    SELECT 1 FROM opportunity_write AS t
    WHERE t.supplier = o.supplier AND t.opportunity_id = o.opportunity_id
      AND (t.state IN ('waiting', 'superseded') AND t.not_before > 0 OR t.state = 'refused' AND t.attempts > 1)
      AND NOT EXISTS (
        SELECT 1 FROM opportunity_write AS s
        WHERE s.supplier = t.supplier AND s.opportunity_id = t.opportunity_id AND s.state = 'sent'
          AND s.sequence > t.sequence
      )
  ) AS doubtful
FROM load_opportunity AS n
JOIN opportunity AS o ON o.supplier = :supplier AND o.opportunity_id = n.opportunity_id
LEFT JOIN partner AS p ON p.supplier = o.supplier AND p.partner_id = o.partner_id
LEFT JOIN assignment AS a ON a.supplier = o.supplier AND a.assignment_id = o.assignment_id
LEFT JOIN opportunity_write AS w
  ON w.supplier = o.supplier AND w.opportunity_id = o.opportunity_id AND w.sequence = o.sequence
WHERE o.deleted_at IS NULL
  AND EXISTS (
    SELECT 1 FROM source_link AS k
    WHERE k.supplier = o.supplier AND k.lead_id = o.lead_id AND k.deleted_at IS NULL AND k.record_id IS NOT NULL
  )
ORDER BY o.opportunity_id
