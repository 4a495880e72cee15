UPDATE source_link SET sequence = n.sequence
FROM load_writeback AS n
WHERE source_link.supplier = :supplier AND source_link.identity = n.identity AND n.body IS NOT NULL
