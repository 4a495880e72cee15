UPDATE lead SET sales_status = :status, updated_at = CAST(:at AS BIGINT)
FROM load_lead AS n
WHERE lead.supplier = :supplier AND lead.lead_id = n.lead_id AND lead.sales_status <> :status
  AND EXISTS (
    SELECT 1 FROM assignment AS a
    WHERE a.supplier = lead.supplier AND a.lead_id = lead.lead_id AND a.active
  )
