{# SQLite joins in the order written: by itself it walks whole tables by id, a page a row. #}
{% set join = "CROSS JOIN" if dialect == "sqlite" else "JOIN" %}
{# What is wrong with the status told about the leads of this run, and with what this run queued. #}
SELECT 'source records whose write-backs are not numbered one by one' AS what, COUNT(*) AS rows
FROM load_scope AS scope
{{ join }} source_link AS link ON link.supplier = :supplier AND link.lead_id = scope.lead_id
WHERE link.sequence <> (
    SELECT COUNT(*) FROM writeback
    WHERE writeback.supplier = link.supplier AND writeback.identity = link.identity
)
OR link.sequence <> (
    SELECT COALESCE(MAX(writeback.sequence), 0) FROM writeback
    WHERE writeback.supplier = link.supplier AND writeback.identity = link.identity
)
OR link.sequence > 1 AND (
    SELECT COUNT(*) FROM writeback
    WHERE writeback.supplier = link.supplier AND writeback.identity = link.identity
      AND writeback.state = 'waiting'
) > 1
UNION ALL
SELECT 'write-backs in a state that does not exist', COUNT(*)
FROM writeback
WHERE supplier = :supplier AND run_id = :run_id
  AND state NOT IN ('waiting', 'sent', 'refused', 'superseded')
UNION ALL
SELECT 'write-backs without their source record or lead', COUNT(*)
FROM writeback
WHERE supplier = :supplier AND run_id = :run_id
  AND (
      NOT EXISTS (
          SELECT 1 FROM source_link AS link
          WHERE link.supplier = writeback.supplier AND link.identity = writeback.identity
            AND link.sequence >= writeback.sequence
      )
      OR NOT EXISTS (
          SELECT 1 FROM lead WHERE lead.supplier = writeback.supplier AND lead.lead_id = writeback.lead_id
      )
  )
UNION ALL
-- Both counts of a lead as one number, sent ones above: its history is read once.
SELECT 'leads whose sent or refused write-backs and history differ', COUNT(*)
FROM load_scope AS scope
WHERE (
    SELECT COALESCE(SUM(CASE state WHEN 'sent' THEN 1000000 WHEN 'refused' THEN 1 ELSE 0 END), 0)
    FROM writeback
    WHERE writeback.supplier = :supplier AND writeback.lead_id = scope.lead_id
) <> (
    SELECT COALESCE(SUM(CASE kind WHEN 'written_back' THEN 1000000 WHEN 'write_back_refused' THEN 1 ELSE 0 END), 0)
    FROM history
    WHERE history.supplier = :supplier AND history.lead_id = scope.lead_id
)
