-- Rows that wait for a record of leads that have none at the source any more. They are queued anew if one returns.
UPDATE opportunity_write SET state = 'superseded'
WHERE supplier = :supplier AND state = 'waiting'
  AND NOT EXISTS (
    SELECT 1 FROM source_link AS k
    WHERE k.supplier = opportunity_write.supplier AND k.lead_id = opportunity_write.lead_id
      AND k.deleted_at IS NULL AND k.record_id IS NOT NULL
  )
