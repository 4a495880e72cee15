{# What is wrong with the status told about the leads of this run, and with what this run queued. #}
SELECT 'source records whose write-backs are not numbered one by one' AS what, COUNT(*) AS rows
FROM (
    SELECT link.identity
    FROM source_link AS link
    LEFT JOIN writeback ON writeback.supplier = link.supplier AND writeback.identity = link.identity
    WHERE link.supplier = :supplier AND link.lead_id IN (SELECT lead_id FROM load_scope)
    GROUP BY link.identity, link.sequence
    HAVING COUNT(writeback.sequence) <> link.sequence
        OR COALESCE(MAX(writeback.sequence), 0) <> link.sequence
        OR SUM(CASE WHEN writeback.state = 'waiting' THEN 1 ELSE 0 END) > 1
) AS uneven
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
SELECT 'leads whose sent or refused write-backs and history differ', COUNT(*)
FROM (
    SELECT lead_id, kind
    FROM (
        SELECT lead_id, CASE WHEN state = 'sent' THEN 'written_back' ELSE 'write_back_refused' END AS kind,
               1 AS weight
        FROM writeback
        WHERE supplier = :supplier AND state IN ('sent', 'refused')
          AND lead_id IN (SELECT lead_id FROM load_scope)
        UNION ALL
        SELECT lead_id, kind, -1
        FROM history
        WHERE supplier = :supplier AND kind IN ('written_back', 'write_back_refused')
          AND lead_id IN (SELECT lead_id FROM load_scope)
    ) AS weighed
    GROUP BY lead_id, kind
    HAVING SUM(weight) <> 0
) AS unequal
