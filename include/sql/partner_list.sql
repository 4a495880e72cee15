SELECT profile
FROM partner
WHERE supplier = :supplier
