-- Opportunities of leads (load_lead) that got a source record, one back, or another sales rep.
UPDATE opportunity SET looked_at = 0
WHERE supplier = :supplier AND looked_at = updated_at AND lead_id IN (SELECT n.lead_id FROM load_lead AS n)
