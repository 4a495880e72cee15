{# One batch's leads that wait for routing, with the fields the rules look at, in stable order. #}
SELECT
    lead_id,
{% if dialect == "postgresql" %}
    CAST(jsonb_build_object({% for name in table_fields %}{{ ", " if not loop.first }}'{{ name }}', attributes -> '{{ name }}'{% endfor %}) AS TEXT) AS attributes,
{% else %}
    json_object({% for name in table_fields %}{{ ", " if not loop.first }}'{{ name }}', attributes -> '$.{{ name }}'{% endfor %}) AS attributes,
{% endif %}
    email, preassigned, campaign_key, attempt, source_deleted
FROM lead
WHERE supplier = :supplier AND decision IS NULL AND first_batch = :batch_id
{% if table_met_again %}
  AND {% include "decision_met_again.sql" %}
{% endif %}
ORDER BY first_row, lead_id
