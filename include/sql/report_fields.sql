-- Every version of a supplier's mapping that a run was pinned to.
SELECT body
FROM mapping_version
WHERE supplier = :supplier
