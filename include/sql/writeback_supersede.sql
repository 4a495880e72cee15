-- Rows that wait, and that newer ones (load_writeback) replace or make needless.
UPDATE writeback SET state = 'superseded'
FROM load_writeback AS n
WHERE writeback.supplier = :supplier
  AND writeback.identity = n.identity
  AND writeback.sequence < n.sequence
  AND writeback.state = 'waiting'
