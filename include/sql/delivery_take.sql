-- The next deliveries of one account that are due, in queue order; of an assignment, the oldest open one only.
-- With table_chosen, those of its deliveries that are open, due or not.
SELECT
  d.delivery_id, d.assignment_id, d.sequence, d.lead_id, d.partner_id, d.state, d.changed, d.decision,
  d.attempts, l.email, CAST(l.attributes AS TEXT) AS attributes,
  -- Looked up row by row: without statistics PostgreSQL may join by the supplier alone.
  (
    SELECT CAST(c.attributes AS TEXT) FROM campaign AS c
    WHERE c.supplier = l.supplier AND c.campaign_key = l.campaign_key AND c.shared
  ) AS campaign,
  CASE WHEN d.sequence > 1 THEN (
    SELECT r.record_id FROM crm_record AS r
    WHERE r.supplier = d.supplier AND r.account_id = d.account_id AND r.assignment_id = d.assignment_id
  ) END AS record_id,
  CASE WHEN d.sequence > 1 THEN (
    SELECT r.object FROM crm_record AS r
    WHERE r.supplier = d.supplier AND r.account_id = d.account_id AND r.assignment_id = d.assignment_id
  ) END AS record_object,
  (a.active AND a.status IN ('accepted', :besides)) AS entitled, d.queued_at
{% if table_chosen %}
FROM {{ table_chosen }} AS chosen
JOIN delivery AS d ON d.supplier = :supplier AND d.delivery_id = chosen.delivery_id
{% else %}
FROM delivery AS d
{% endif %}
JOIN assignment AS a ON a.supplier = d.supplier AND a.assignment_id = d.assignment_id
JOIN lead AS l ON l.supplier = d.supplier AND l.lead_id = d.lead_id
WHERE d.supplier = :supplier
  AND d.account_id = :account_id
  AND d.state IN ('waiting', 'decided')
{% if not table_chosen %}
  AND d.not_before <= :now
  AND d.queued_at > :after
  -- Written so that no planner without statistics reaches for the index of open rows here.
  AND (
    d.sequence = 1
    OR NOT EXISTS (
      SELECT 1 FROM delivery AS o
      WHERE o.supplier = d.supplier AND o.lead_id = d.lead_id AND o.assignment_id = d.assignment_id
        AND o.sequence < d.sequence AND o.state NOT IN ('sent', 'refused', 'superseded')
    )
  )
{% if table_holding %}
  AND NOT (
    d.state = 'waiting'
    AND l.email_key IN (
      SELECT w.email_key
      FROM delivery AS o
      JOIN lead AS w ON w.supplier = o.supplier AND w.lead_id = o.lead_id
      WHERE o.supplier = :supplier AND o.account_id = :account_id
        AND o.state IN ('waiting', 'decided') AND o.state = 'decided' AND o.not_before > :now
    )
  )
{% endif %}
ORDER BY d.queued_at
LIMIT :most
{% endif %}
