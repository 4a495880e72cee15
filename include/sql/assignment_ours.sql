-- Those of these ids (load_assignment) that are assignments of this supplier's.
SELECT a.assignment_id
FROM load_assignment AS n
JOIN assignment AS a ON a.supplier = :supplier AND a.assignment_id = n.assignment_id
