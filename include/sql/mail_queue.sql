INSERT INTO mail (supplier, mail_id, recipient, template, subject, text_body, html_body, state, run_id, queued_at)
VALUES (:supplier, :mail_id, :recipient, :template, :subject, :text_body, :html_body, 'waiting', :run_id, :queued_at)
ON CONFLICT (supplier, mail_id, recipient) DO NOTHING
