UPDATE assignment SET rep_name = n.rep_name, rep_email = n.rep_email
FROM load_assignment AS n
WHERE assignment.supplier = :supplier AND assignment.assignment_id = n.assignment_id
