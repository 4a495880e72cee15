{# Decided leads that changed since they were last looked at, some of them. By the stamp that was seen then, whichever
   clock made it: a later change may bear an earlier time. #}
INSERT INTO load_lead (lead_id)
SELECT l.lead_id
FROM lead AS l
WHERE l.supplier = :supplier AND l.decision IS NOT NULL AND l.looked_at <> l.updated_at
ORDER BY l.lead_id
LIMIT :most
