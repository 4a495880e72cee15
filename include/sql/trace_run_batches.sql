SELECT batch.batch_id, batch.kind, batch.number, batch.uri, batch.origin, batch.rows, batch.replay_of, batch.received_at,
       (SELECT max(name) FROM source_file
        WHERE source_file.supplier = :supplier AND batch.origin LIKE 'file:%'
          AND source_file.sha256 = substr(batch.origin, 6)) AS file
FROM batch
WHERE batch.supplier = :supplier AND batch.run_id = :run_id
ORDER BY batch.kind, batch.number
