-- What no longer stands about a subject, now that all that does is loaded.
UPDATE finding
SET cleared_at = :cleared_at
WHERE supplier = :supplier AND subject = :subject AND cleared_at IS NULL
  AND NOT EXISTS (
      SELECT 1 FROM load_finding AS n
      WHERE n.supplier = finding.supplier AND n.subject = finding.subject
        AND n.code = finding.code AND n.detail = finding.detail
  )
