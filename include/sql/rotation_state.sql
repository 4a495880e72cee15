SELECT partner_id, numerator, denominator, last_sequence, present
FROM rotation
WHERE supplier = :supplier AND module = :module
