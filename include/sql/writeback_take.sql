-- What waits, with the record to write to: that of a merge is the survivor.
SELECT
  w.identity, w.sequence, w.lead_id, w.body, w.attempts, COALESCE(k.merged_into, k.record_id) AS record_id,
  (
    SELECT s.body FROM writeback AS s
    WHERE s.supplier = w.supplier AND s.identity = w.identity AND s.state = 'sent'
    ORDER BY s.sequence DESC
    LIMIT 1
  ) AS written_body
FROM writeback AS w
JOIN source_link AS k ON k.supplier = w.supplier AND k.identity = w.identity
WHERE w.supplier = :supplier AND w.state = 'waiting' AND w.not_before <= :now
ORDER BY w.identity
LIMIT :most
