SELECT COUNT(*) FROM opportunity_write AS w WHERE w.supplier = :supplier AND w.state = 'waiting'
