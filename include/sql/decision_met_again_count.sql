SELECT COUNT(*) FROM lead
WHERE supplier = :supplier AND decision IS NULL AND first_batch = :batch_id
  AND {% include "decision_met_again.sql" %}
