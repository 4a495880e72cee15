SELECT w.opportunity_id, w.vendor_code, w.vendor_field
FROM opportunity_write AS w
JOIN opportunity AS o
  ON o.supplier = w.supplier AND o.opportunity_id = w.opportunity_id AND o.sequence = w.sequence
WHERE w.supplier = :supplier AND w.state = 'refused' AND o.deleted_at IS NULL
ORDER BY w.opportunity_id
