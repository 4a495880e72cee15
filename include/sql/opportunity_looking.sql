{# Opportunities that changed since they were last looked at, some of them. #}
INSERT INTO load_opportunity (opportunity_id)
SELECT o.opportunity_id
FROM opportunity AS o
WHERE o.supplier = :supplier AND o.looked_at <> o.updated_at
ORDER BY o.opportunity_id
LIMIT :most
