-- What the supplier is told of opportunities changed.
UPDATE opportunity SET looked_at = 0
WHERE supplier = :supplier AND looked_at = updated_at AND deleted_at IS NULL
