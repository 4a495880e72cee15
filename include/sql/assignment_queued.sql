-- Their first delivery (load_delivery) is there: whoever looks for one to queue need not come by again.
UPDATE assignment SET queued = TRUE
FROM load_delivery AS n
WHERE assignment.supplier = :supplier AND assignment.assignment_id = n.assignment_id
