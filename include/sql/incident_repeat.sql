-- The same trouble again, in another run: it is counted, and nobody is mailed.
UPDATE incident
SET count = count + 1, message = :message
WHERE supplier = :supplier AND task = :task AND cause = :cause AND closed_at IS NULL
