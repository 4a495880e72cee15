-- Which of these activities (load_event_write) are ours, written into the supplier's system for a partner.
SELECT n.record_id
FROM load_event_write AS n
WHERE EXISTS (
  SELECT 1 FROM event_write AS w WHERE w.supplier = :supplier AND w.record_id = n.record_id
)
