-- The loaded findings that do not stand yet, or stood as warnings and stop work now. A warning that stood until
-- a moment ago is no news: what comes and goes, as a column of every other file, would be told each time.
SELECT n.subject, n.code, n.detail
FROM load_finding AS n
WHERE n.supplier = :supplier
  AND NOT EXISTS (
      SELECT 1 FROM finding AS f
      WHERE f.supplier = n.supplier AND f.subject = n.subject AND f.code = n.code AND f.detail = n.detail
        AND (
          (f.cleared_at IS NULL AND (f.severity = 'error' OR n.severity <> 'error'))
          OR (f.cleared_at > :lately AND n.severity <> 'error')
        )
  )
