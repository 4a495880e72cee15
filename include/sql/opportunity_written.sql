-- What each record was told last, and which it is.
UPDATE opportunity SET source_record_id = n.source_record_id, written_hash = n.written_hash
FROM load_opportunity AS n
WHERE opportunity.supplier = :supplier AND opportunity.opportunity_id = n.opportunity_id
