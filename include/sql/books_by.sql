{# The value that a report is broken down by; leads are joined as `lead`. #}
{% if table_by == "" %}
CAST(NULL AS TEXT)
{%- elif table_by == "campaign" %}
lead.campaign_key
{%- elif table_by == "partner" %}
(SELECT active.partner_id FROM assignment AS active
 WHERE active.supplier = lead.supplier AND active.lead_id = lead.lead_id AND active.active)
{%- else %}
lead.attributes ->> '{{ table_by }}'
{%- endif %}
