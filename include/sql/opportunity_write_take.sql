-- What waits, with its record and the lead's first source record; that of a merge is the survivor.
SELECT
  w.opportunity_id, w.sequence, w.lead_id, w.body, w.body_hash, w.attempts, o.source_record_id,
  COALESCE(k.merged_into, k.record_id) AS lead_record_id
FROM opportunity_write AS w
JOIN opportunity AS o ON o.supplier = w.supplier AND o.opportunity_id = w.opportunity_id
JOIN source_link AS k ON k.supplier = w.supplier AND k.identity = (
  SELECT s.identity FROM source_link AS s
  WHERE s.supplier = w.supplier AND s.lead_id = w.lead_id AND s.deleted_at IS NULL AND s.record_id IS NOT NULL
  ORDER BY s.first_seen_at, s.identity
  LIMIT 1
)
WHERE w.supplier = :supplier AND w.state = 'waiting' AND w.not_before <= :now
ORDER BY w.opportunity_id
LIMIT :most
