-- Whose outbox holds something that may be sent now.
SELECT DISTINCT supplier
FROM mail
WHERE state = 'waiting' AND not_before <= :now
ORDER BY supplier
