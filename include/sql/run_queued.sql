{# What a run put into the outboxes, counted where it does so: `settle` misses a row that is gone. #}
UPDATE run
SET deliveries_queued = deliveries_queued + :deliveries, write_backs_queued = write_backs_queued + :write_backs,
    events_queued = events_queued + :events, opportunities_queued = opportunities_queued + :opportunities
WHERE supplier = :supplier AND run_id = :run_id
