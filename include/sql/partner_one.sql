SELECT profile
FROM partner
WHERE supplier = :supplier AND partner_id = :partner_id
