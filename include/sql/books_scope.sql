{# The leads that this run founded, decided on or queued, with how they stand: read once, kept small.

Ids are hashes. In the order of ids a table's rows lie apart, in the order of receiving an index's entries do; by
batch, and by id within it, both stay in the page cache. #}
{% set in_order = "NOT INDEXED" if dialect == "sqlite" else "" %}
INSERT INTO load_scope (lead_id, attempt, decision, status, founded)
SELECT * FROM (
    SELECT lead_id, attempt, decision, status, true FROM lead
    WHERE supplier = :supplier AND first_run = :run_id
    ORDER BY first_batch, lead_id
) AS founded
UNION ALL
SELECT touched.lead_id, lead.attempt, lead.decision, lead.status, false
FROM (
    SELECT lead_id FROM routing_decision {{ in_order }} WHERE supplier = :supplier AND run_id = :run_id
      AND NOT EXISTS (
          SELECT 1 FROM lead
          WHERE lead.supplier = :supplier AND lead.lead_id = routing_decision.lead_id AND lead.first_run = :run_id
      )
    UNION
    SELECT lead_id FROM assignment {{ in_order }} WHERE supplier = :supplier AND run_id = :run_id
      AND NOT EXISTS (
          SELECT 1 FROM lead
          WHERE lead.supplier = :supplier AND lead.lead_id = assignment.lead_id AND lead.first_run = :run_id
      )
    UNION
    SELECT lead_id FROM delivery {{ in_order }} WHERE supplier = :supplier AND run_id = :run_id
      AND NOT EXISTS (
          SELECT 1 FROM lead
          WHERE lead.supplier = :supplier AND lead.lead_id = delivery.lead_id AND lead.first_run = :run_id
      )
) AS touched
LEFT JOIN lead ON lead.supplier = :supplier AND lead.lead_id = touched.lead_id
