-- Whatever comes of it, these opportunities (load_opportunity) are looked at again only when they change.
UPDATE opportunity SET looked_at = opportunity.updated_at
FROM load_opportunity AS n
WHERE opportunity.supplier = :supplier AND opportunity.opportunity_id = n.opportunity_id
