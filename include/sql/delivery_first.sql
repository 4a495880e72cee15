-- Assignments without a delivery, whose partner (load_partner) synchronises with a CRM: accepted ones, and
-- pending ones where the CRM is of `pending_type`. In the order in which their leads were received.
SELECT a.assignment_id, a.lead_id, a.partner_id, p.account_id
-- CROSS JOIN keeps SQLite to starting from what was loaded.
{% if table_chosen %}
FROM {{ table_chosen }} AS chosen
CROSS JOIN assignment AS a
CROSS JOIN load_partner AS p
{% else %}
FROM load_partner AS p
CROSS JOIN assignment AS a
{% endif %}
JOIN lead AS l ON l.supplier = a.supplier AND l.lead_id = a.lead_id
LEFT JOIN batch AS b ON b.supplier = l.supplier AND b.batch_id = l.first_batch
WHERE a.supplier = :supplier
{% if table_chosen %}
  AND a.assignment_id = chosen.assignment_id
{% endif %}
  AND a.partner_id = p.partner_id
  AND a.active AND NOT a.queued
  AND (a.status = 'accepted' OR (a.status = 'pending' AND EXISTS (
    SELECT 1 FROM crm_account AS c
    WHERE c.supplier = a.supplier AND c.account_id = p.account_id AND c.type = :pending_type
  )))
  AND NOT EXISTS (
    SELECT 1 FROM delivery AS d
    WHERE d.supplier = a.supplier AND d.lead_id = a.lead_id AND d.assignment_id = a.assignment_id
  )
ORDER BY l.created_at, b.number, l.first_row, a.assignment_id
LIMIT :most
