INSERT INTO incident (supplier, task, cause, opened_at, run_id, message, count)
VALUES (:supplier, :task, :cause, :opened_at, :run_id, :message, 1)
