{# Two leads may exchange keys in one batch: all that move let go first. #}
UPDATE lead SET merge_key = NULL
FROM load_lead AS changed
WHERE lead.supplier = :supplier AND lead.lead_id = changed.lead_id
  AND lead.merge_key IS DISTINCT FROM changed.merge_key
