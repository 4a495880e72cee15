SELECT w.opportunity_id, w.vendor_code, w.vendor_field
FROM opportunity AS o
JOIN opportunity_write AS w
  ON w.supplier = o.supplier AND w.opportunity_id = o.opportunity_id AND w.sequence = o.sequence
WHERE o.supplier = :supplier AND o.deleted_at IS NULL AND w.state = 'refused'
ORDER BY w.opportunity_id
