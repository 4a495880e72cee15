UPDATE source_link SET fingerprint = n.fingerprint
FROM load_source_link AS n
WHERE source_link.supplier = :supplier AND source_link.identity = n.identity
