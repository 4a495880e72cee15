-- Which record serves an assignment; one record may serve several.
INSERT INTO crm_record (supplier, account_id, assignment_id, object, record_id, created, linked_at)
SELECT :supplier, :account_id, n.assignment_id, n.object, n.record_id, n.created, CAST(:at AS BIGINT)
FROM load_outcome AS n
WHERE n.state = 'sent'
ON CONFLICT (supplier, account_id, assignment_id) DO UPDATE SET
  object = excluded.object, record_id = excluded.record_id
