-- The suppliers whose mapping was broken when it was last looked at.
SELECT DISTINCT supplier
FROM incident
WHERE task = :task AND closed_at IS NULL
