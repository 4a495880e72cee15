SELECT COUNT(*) FROM event_write AS w WHERE w.supplier = :supplier AND w.state = 'waiting'
