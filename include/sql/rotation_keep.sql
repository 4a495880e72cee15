INSERT INTO rotation (supplier, module, partner_id, numerator, denominator, last_sequence, present)
SELECT :supplier, :module, partner_id, numerator, denominator, last_sequence, present
FROM load_rotation
WHERE TRUE
ON CONFLICT (supplier, module, partner_id) DO UPDATE SET
    numerator = excluded.numerator,
    denominator = excluded.denominator,
    last_sequence = excluded.last_sequence,
    present = excluded.present
