{# Records that were merged into another of the same lead go with it, and come back with it. One that stands in for
   the other, since it went there before that came itself, says nothing of it. #}
{% set survivors %}
FROM source_link AS survivor
WHERE survivor.supplier = source_link.supplier
  AND survivor.lead_id = source_link.lead_id
  AND survivor.identity <> source_link.identity
  AND survivor.record_id = source_link.merged_into
  AND survivor.merged_into IS DISTINCT FROM survivor.record_id
{% endset %}
{% set gone_at = "SELECT CASE WHEN COUNT(*) = COUNT(survivor.deleted_at) THEN MAX(survivor.deleted_at) END" %}
UPDATE source_link
SET deleted_at = ({{ gone_at }} {{ survivors }})
WHERE supplier = :supplier
  AND lead_id IN (SELECT lead_id FROM load_touched)
  AND merged_into IS NOT NULL
  AND EXISTS (SELECT 1 {{ survivors }})
  AND (deleted_at IS NULL) <> (({{ gone_at }} {{ survivors }}) IS NULL)
