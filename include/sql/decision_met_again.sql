{# Leads whose record came once more in a pull that passed; joined as `lead`. #}
EXISTS (
    SELECT 1 FROM receipt AS again
    JOIN batch AS later ON later.supplier = again.supplier AND later.batch_id = again.batch_id
    JOIN pull AS judged
      ON judged.supplier = later.supplier AND judged.run_id = later.run_id AND judged.kind = later.kind
    WHERE again.supplier = lead.supplier AND again.lead_id = lead.lead_id
      AND again.run_id <> lead.first_run AND again.outcome IN ('known', 'updated')
      AND later.kind = 'leads' AND judged.judged = 'passed'
)
