-- Leads (load_lead) that got a source record, or one back: it was told of no event.
UPDATE event SET queued = FALSE
WHERE supplier = :supplier AND origin = 'partner' AND queued AND lead_id IN (SELECT n.lead_id FROM load_lead AS n)
