-- What of a supplier still waits for somebody: leads by where they stand, and rows of its outboxes.
SELECT
  (
    SELECT COUNT(*) FROM lead
    WHERE supplier = :supplier AND status = 'unassigned' AND NOT source_deleted
  ) AS unassigned,
  (SELECT COUNT(*) FROM lead WHERE supplier = :supplier AND status = 'pending') AS pending,
  (
    SELECT COUNT(*) FROM delivery WHERE supplier = :supplier AND state IN ('waiting', 'decided')
  ) + (
    SELECT COUNT(*) FROM event_delivery WHERE supplier = :supplier AND state = 'waiting'
  ) AS undelivered,
  (
    SELECT COUNT(*) FROM writeback WHERE supplier = :supplier AND state = 'waiting'
  ) + (
    SELECT COUNT(*) FROM event_write WHERE supplier = :supplier AND state = 'waiting'
  ) + (
    SELECT COUNT(*) FROM opportunity_write WHERE supplier = :supplier AND state = 'waiting'
  ) AS untold
