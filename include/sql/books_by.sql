{# The value that a report is broken down by, of a field as JSON text; leads are joined as `lead`. #}
{% if table_by == "" %}
CAST(NULL AS TEXT)
{%- elif table_by == "campaign" %}
lead.campaign_key
{%- elif table_by == "partner" %}
(SELECT active.partner_id FROM assignment AS active
 WHERE active.supplier = lead.supplier AND active.lead_id = lead.lead_id AND active.active)
{%- else %}
CAST(lead.attributes -> '{{ table_by }}' AS TEXT)
{%- endif %}
