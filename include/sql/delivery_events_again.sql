-- Leads that have a record in a CRM from now on (load_outcome): what happened before goes there too.
UPDATE event SET queued = FALSE
WHERE supplier = :supplier AND origin = 'supplier' AND queued
  AND lead_id IN (SELECT n.lead_id FROM load_outcome AS n WHERE n.state = 'sent')
