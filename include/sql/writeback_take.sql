-- What waits, oldest first, so that a repeat takes the same rows together; with the record to write to: that
-- of a merge is the survivor.
SELECT
  w.identity, w.sequence, w.lead_id, w.body, w.attempts, COALESCE(k.merged_into, k.record_id) AS record_id,
  (
    SELECT s.body FROM writeback AS s
    WHERE s.supplier = w.supplier AND s.identity = w.identity AND s.state = 'sent'
      AND k.written_hash <> ''  -- else that was another record
    ORDER BY s.sequence DESC
    LIMIT 1
  ) AS written_body,
  w.run_id, w.queued_at, k.campaign_key,
{% if table_lead_fields %}
  l.email, CAST(l.attributes AS TEXT) AS attributes,
{% else %}
  NULL AS email, NULL AS attributes,
{% endif %}
{% if table_partner_changes %}
  l.partner_changes
{% else %}
  NULL AS partner_changes
{% endif %}
FROM writeback AS w
JOIN source_link AS k ON k.supplier = w.supplier AND k.identity = w.identity
{% if table_lead_fields or table_partner_changes %}
JOIN lead AS l ON l.supplier = w.supplier AND l.lead_id = w.lead_id
{% endif %}
WHERE w.supplier = :supplier AND w.state = 'waiting' AND w.not_before <= :now
ORDER BY w.queued_at, w.identity
LIMIT :most
