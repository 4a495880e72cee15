{# Other batches of this run hold other rows of the file. #}
SELECT EXISTS (
    SELECT 1 FROM batch
    WHERE supplier = :supplier AND origin = :origin AND run_id <> :run_id
)
