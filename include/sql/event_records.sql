-- The source records up to one and after another, of leads whose activities may matter to somebody, and whether this
-- run met them, or found them to be of a lead, first: then what was done before is news to that lead.
SELECT l.record_id, l.lead_id,
       CASE WHEN d.first_run = :run_id OR l.first_seen_at >= r.started_at THEN 1 ELSE 0 END AS is_new
FROM source_link AS l
JOIN lead AS d ON d.supplier = l.supplier AND d.lead_id = l.lead_id
JOIN run AS r ON r.supplier = l.supplier AND r.run_id = :run_id
WHERE l.supplier = :supplier
  AND l.record_id > :after
  AND l.record_id <= :last
  AND l.deleted_at IS NULL
  AND d.status IN ('unassigned', 'pending', 'accepted')
ORDER BY l.record_id
