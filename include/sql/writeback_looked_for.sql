UPDATE supplier SET looked_for = :targets
WHERE supplier = :supplier AND (looked_for IS NULL OR looked_for <> :targets)
