{# What a run put into the outboxes, counted where it does so: `settle` misses a row that is gone. #}
UPDATE run
SET deliveries_queued = deliveries_queued + :deliveries, write_backs_queued = write_backs_queued + :write_backs
WHERE supplier = :supplier AND run_id = :run_id
