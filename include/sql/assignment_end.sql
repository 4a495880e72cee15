{# Assignments that end because their lead goes on to somebody else. #}
UPDATE assignment
SET status = 'rerouted', active = FALSE, ended_at = COALESCE(ended_at, :at)
FROM load_assignment AS ending
WHERE assignment.supplier = :supplier AND assignment.assignment_id = ending.assignment_id
