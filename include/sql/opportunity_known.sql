SELECT o.*
FROM load_opportunity AS n
JOIN opportunity AS o ON o.supplier = :supplier AND o.opportunity_id = n.opportunity_id
