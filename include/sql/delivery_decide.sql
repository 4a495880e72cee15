UPDATE delivery SET state = 'decided', decision = n.decision
FROM load_delivery AS n
WHERE delivery.supplier = :supplier AND delivery.delivery_id = n.delivery_id AND delivery.state = 'waiting'
