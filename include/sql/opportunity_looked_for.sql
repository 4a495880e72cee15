UPDATE supplier SET opportunities_looked_for = :targets
WHERE supplier = :supplier
  AND (opportunities_looked_for IS NULL OR opportunities_looked_for <> :targets)
