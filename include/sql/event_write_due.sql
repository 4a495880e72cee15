SELECT MIN(w.not_before) FROM event_write AS w
WHERE w.supplier = :supplier AND w.state = 'waiting' AND w.not_before > :after
