UPDATE source_link SET sequence = n.sequence, written_hash = NULLIF(source_link.written_hash, '')
FROM load_writeback AS n
WHERE source_link.supplier = :supplier AND source_link.identity = n.identity AND n.body IS NOT NULL
