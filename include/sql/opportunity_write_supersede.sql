-- Rows that wait, and that newer ones (load_opportunity_write) replace or make needless.
UPDATE opportunity_write SET state = 'superseded'
FROM load_opportunity_write AS n
WHERE opportunity_write.supplier = :supplier
  AND opportunity_write.opportunity_id = n.opportunity_id
  AND opportunity_write.sequence < n.sequence
  AND opportunity_write.state = 'waiting'
