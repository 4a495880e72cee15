UPDATE opportunity SET sequence = n.sequence
FROM load_opportunity_write AS n
WHERE opportunity.supplier = :supplier AND opportunity.opportunity_id = n.opportunity_id AND n.body IS NOT NULL
