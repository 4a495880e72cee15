UPDATE incident
SET closed_at = :closed_at
WHERE supplier = :supplier AND task = :task AND closed_at IS NULL
