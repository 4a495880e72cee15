UPDATE mail
SET state = :state, message = :message, not_before = :not_before, sent_at = :sent_at
WHERE supplier = :supplier AND mail_id = :mail_id AND recipient = :recipient
