-- Rows (load_opportunity_write) that are about to be sent: from now on their records may hold what they say.
UPDATE opportunity_write SET not_before = 1
FROM load_opportunity_write AS n
WHERE opportunity_write.supplier = :supplier
  AND opportunity_write.opportunity_id = n.opportunity_id
  AND opportunity_write.sequence = n.sequence
  AND opportunity_write.not_before = 0
