-- What each source record was told last.
UPDATE source_link SET written_hash = w.body_hash
FROM load_writeback AS n
JOIN writeback AS w ON w.supplier = :supplier AND w.identity = n.identity AND w.sequence = n.sequence
WHERE source_link.supplier = :supplier AND source_link.identity = n.identity AND n.state = 'sent'
