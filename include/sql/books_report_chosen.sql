{# The runs that a report is of, as the right side of a condition on a run's id. #}
{% if table_chosen == "run" %}
= :run_id
{%- else %}
IN (SELECT chosen.run_id FROM run AS chosen WHERE chosen.supplier = :supplier AND chosen.started_at >= :since)
{%- endif %}
