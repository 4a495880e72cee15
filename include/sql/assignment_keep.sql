INSERT INTO assignment (
    supplier, assignment_id, lead_id, attempt, partner_id, status, active, cause,
    run_id, actor, assigned_at, accepted_at, queued
)
SELECT
    :supplier, assignment_id, lead_id, attempt, partner_id, status, TRUE, reason,
    :run_id, :actor, :at, CASE WHEN status = 'accepted' THEN CAST(:at AS BIGINT) END,
    delivery_id IS NOT NULL
FROM load_routed
WHERE assignment_id IS NOT NULL
