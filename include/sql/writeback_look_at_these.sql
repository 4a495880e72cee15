-- Leads (load_lead) that got a source record, or one back, though nothing of themselves changed: it was told nothing.
UPDATE lead SET looked_at = 0
WHERE supplier = :supplier AND looked_at = updated_at AND lead_id IN (SELECT n.lead_id FROM load_lead AS n)
