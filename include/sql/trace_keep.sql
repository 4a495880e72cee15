INSERT INTO routing_trace (supplier, trace_id, body)
SELECT :supplier, trace_id, body
FROM load_routing_trace
WHERE TRUE
ON CONFLICT (supplier, trace_id) DO NOTHING
