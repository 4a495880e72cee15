{# The leads that this run founded, with how they stand: read once, kept small.

By batch, and by id within it: where ids are hashes, a table's rows lie apart in the order of ids, and an index's
entries in the order of receiving; so both stay in the page cache. #}
INSERT INTO load_founded (lead_id, attempt, decision, status)
SELECT lead_id, attempt, decision, status FROM lead
WHERE supplier = :supplier AND first_run = :run_id
ORDER BY first_batch, lead_id
