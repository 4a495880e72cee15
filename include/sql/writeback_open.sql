SELECT COUNT(*) FROM writeback AS w WHERE w.supplier = :supplier AND w.state = 'waiting'
