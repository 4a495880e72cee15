-- The next mails of one outbox that may go, oldest first, after the one that is named.
SELECT mail_id, recipient, template, subject, text_body, html_body, attempts, queued_at
FROM mail
WHERE supplier = :supplier AND state = 'waiting' AND not_before <= :now
  AND (queued_at, mail_id, recipient) > (:queued_at, :mail_id, :recipient)
ORDER BY queued_at, mail_id, recipient
LIMIT :most
