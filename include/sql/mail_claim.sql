-- One sender at a time: who changes the row owns it until `not_before`.
UPDATE mail
SET attempts = attempts + 1, not_before = :until
WHERE supplier = :supplier AND mail_id = :mail_id AND recipient = :recipient
  AND state = 'waiting' AND attempts = :attempts AND not_before <= :now
