SELECT COUNT(*) FROM delivery AS d
WHERE d.supplier = :supplier AND d.account_id = :account_id AND d.state IN ('waiting', 'decided')
