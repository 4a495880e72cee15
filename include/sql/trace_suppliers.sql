-- Suppliers, and targets of them, that the hub knows.
SELECT supplier FROM supplier ORDER BY supplier
