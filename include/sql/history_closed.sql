{# Leads that wait for a person and lost their last source record; the same leads as lead_close closes. #}
INSERT INTO history (supplier, lead_id, event_id, at, kind, run_id, task, actor, before, after)
SELECT :supplier, lead.lead_id, touched.event_id, :now, 'deactivated', :run_id, :task, :actor,
       '{"status":"unassigned"}', '{"reason":"source_deleted","status":"deactivated"}'
FROM load_touched AS touched
JOIN lead ON lead.supplier = :supplier AND lead.lead_id = touched.lead_id
WHERE lead.status = 'unassigned' AND lead.decision IS NOT NULL
  AND NOT EXISTS (
      SELECT 1 FROM source_link
      WHERE source_link.supplier = lead.supplier AND source_link.lead_id = lead.lead_id
        AND source_link.deleted_at IS NULL
  )
