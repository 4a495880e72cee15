-- The last of so many source records after one; null: there are none.
SELECT MAX(record_id)
FROM (
  SELECT DISTINCT record_id
  FROM source_link
  WHERE supplier = :supplier AND record_id > :after
  ORDER BY record_id
  LIMIT :most
) AS next_ones
