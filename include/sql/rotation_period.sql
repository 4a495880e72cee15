{# How many leads each partner got since the start of a cap's period. #}
SELECT partner_id, COUNT(*) AS leads
FROM assignment
WHERE supplier = :supplier AND assigned_at >= :since
GROUP BY partner_id
