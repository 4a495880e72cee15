SELECT
    EXISTS (
        SELECT 1 FROM batch
        WHERE supplier = :supplier AND origin = :origin AND run_id <> :run_id AND replay_of IS NULL
        GROUP BY run_id
        HAVING COUNT(*) = COUNT(received_at)
    )
    OR EXISTS (
        SELECT 1 FROM source_file
        WHERE supplier = :supplier AND sha256 = :sha256 AND first_run <> :run_id
          AND rows = 0 AND state = 'landed'
    )
