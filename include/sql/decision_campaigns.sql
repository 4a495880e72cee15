SELECT
    campaign_key,
    name,
{% if dialect == "postgresql" %}
    CAST(attributes AS TEXT) AS attributes
{% else %}
    attributes
{% endif %}
FROM campaign
WHERE supplier = :supplier
