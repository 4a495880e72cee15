{# The leads that this run founded, decided on or queued. #}
INSERT INTO load_scope (lead_id)
SELECT lead_id FROM lead WHERE supplier = :supplier AND first_run = :run_id
UNION
SELECT lead_id FROM routing_decision WHERE supplier = :supplier AND run_id = :run_id
UNION
SELECT lead_id FROM assignment WHERE supplier = :supplier AND run_id = :run_id
UNION
SELECT lead_id FROM delivery WHERE supplier = :supplier AND run_id = :run_id
