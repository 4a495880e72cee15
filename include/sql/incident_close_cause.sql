UPDATE incident
SET closed_at = :closed_at
WHERE supplier = :supplier AND task = :task AND cause = :cause AND closed_at IS NULL
