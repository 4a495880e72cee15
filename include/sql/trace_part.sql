SELECT body
FROM routing_trace
WHERE supplier = :supplier AND trace_id = :trace_id
