-- Files that this run saw first, and those its batches come from.
SELECT name, sha256, kind, size, encoding, rows, state, error, first_run
FROM source_file
WHERE supplier = :supplier
  AND (first_run = :run_id
       OR sha256 IN (SELECT substr(origin, 6) FROM batch
                     WHERE supplier = :supplier AND run_id = :run_id AND origin LIKE 'file:%'))
ORDER BY name, sha256
