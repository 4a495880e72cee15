-- Rows (load_writeback) that are about to be sent: from now on their records may hold what they say.
UPDATE writeback SET not_before = 1
FROM load_writeback AS n
WHERE writeback.supplier = :supplier AND writeback.identity = n.identity AND writeback.sequence = n.sequence
  AND writeback.not_before = 0
