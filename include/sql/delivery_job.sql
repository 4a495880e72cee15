UPDATE delivery SET job_id = :job_id
FROM load_delivery AS n
WHERE delivery.supplier = :supplier AND delivery.delivery_id = n.delivery_id AND delivery.state = 'decided'
