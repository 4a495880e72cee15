-- What the records of these leads (load_lead) may hold: it was sent after what they were told last, and no answer
-- says what came of it.
SELECT k.lead_id, w.identity, w.body
FROM load_lead AS n
CROSS JOIN source_link AS k  -- keeps SQLite to starting from the leads
CROSS JOIN writeback AS w
WHERE k.supplier = :supplier AND k.lead_id = n.lead_id AND w.supplier = k.supplier AND w.identity = k.identity
  AND (w.state IN ('waiting', 'superseded') AND w.not_before > 0 OR w.state = 'refused' AND w.attempts > 1)
  AND NOT EXISTS (
    SELECT 1 FROM writeback AS s
    WHERE s.supplier = w.supplier AND s.identity = w.identity AND s.state = 'sent' AND s.sequence > w.sequence
  )
