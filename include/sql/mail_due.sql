SELECT mail_id, recipient, template, subject, text_body, html_body, attempts
FROM mail
WHERE supplier = :supplier AND state = 'waiting' AND not_before <= :now
ORDER BY queued_at, mail_id, recipient
