-- Changed leads (load_delivery) that are with a partner, each with the latest delivery of its assignment.
SELECT
  a.assignment_id, a.lead_id, a.partner_id, d.account_id, d.sequence, d.state, d.changed AS latest, n.changed,
  EXISTS (
    SELECT 1 FROM crm_job AS j
    WHERE j.supplier = d.supplier AND j.account_id = d.account_id AND j.job_key = 'turn'
      AND j.state <> 'finished'
  ) AS at_work
FROM load_delivery AS n
CROSS JOIN assignment AS a  -- keeps SQLite to starting from the changed leads
JOIN delivery AS d
  ON d.supplier = a.supplier AND d.lead_id = a.lead_id AND d.assignment_id = a.assignment_id
WHERE a.supplier = :supplier
  AND a.lead_id = n.lead_id
  AND a.active
  AND a.status IN ('accepted', 'pending')
  AND d.state <> 'superseded'
  AND (a.status = 'accepted' OR EXISTS (
    SELECT 1 FROM crm_account AS c
    WHERE c.supplier = d.supplier AND c.account_id = d.account_id AND c.type = :pending_type
  ))
  AND NOT EXISTS (
    SELECT 1 FROM delivery AS later
    WHERE later.supplier = d.supplier AND later.lead_id = d.lead_id
      AND later.assignment_id = d.assignment_id AND later.sequence > d.sequence
  )
ORDER BY a.assignment_id
