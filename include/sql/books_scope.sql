{# The leads to be looked at closely: those that this run founded and that did not go the plain way, and those of
other runs that it decided on or queued.

The plain way: one source record, told at most once; one decision or none; if it assigns, one active assignment to
that partner, with one first delivery if one is due; a history that begins with `received` and knows as many pushes
and write-backs as there are. Whoever went it passes every check of books_leads, books_assignments, books_deliveries
and books_write_backs; add a check there, and say here what of it a plain lead fulfils. #}
INSERT INTO load_scope (lead_id, attempt, decision, status, founded)
SELECT founded.lead_id, founded.attempt, founded.decision, founded.status, true
FROM load_founded AS founded
LEFT JOIN routing_decision AS made ON made.supplier = :supplier AND made.lead_id = founded.lead_id
LEFT JOIN assignment ON assignment.supplier = :supplier AND assignment.lead_id = founded.lead_id
LEFT JOIN load_pushing AS pushing ON pushing.partner_id = assignment.partner_id
LEFT JOIN delivery ON delivery.supplier = :supplier AND delivery.lead_id = founded.lead_id
LEFT JOIN source_link AS link ON link.supplier = :supplier AND link.lead_id = founded.lead_id
LEFT JOIN writeback ON writeback.supplier = :supplier AND writeback.lead_id = founded.lead_id
GROUP BY
{% if dialect == "sqlite" %}
    founded.rowid,  -- the order in which it reads: nothing is sorted
{% endif %}
    founded.lead_id, founded.attempt, founded.decision, founded.status
HAVING COUNT(*) <> 1
    OR MIN(CASE
        WHEN (
            founded.attempt = 1 AND made.attempt = 1 AND made.outcome = founded.decision
            OR founded.attempt = 0 AND made.attempt IS NULL AND founded.decision IS NULL
        ) AND (
            made.outcome = 'assigned' AND founded.status IN ('pending', 'accepted')
            AND assignment.attempt = 1 AND assignment.partner_id = made.partner_id
            AND assignment.active AND assignment.status = founded.status
            OR made.outcome IS DISTINCT FROM 'assigned' AND founded.status NOT IN ('pending', 'accepted')
            AND assignment.attempt IS NULL
        ) AND (
            delivery.assignment_id = assignment.assignment_id AND delivery.partner_id = assignment.partner_id
            AND delivery.sequence = 1
            AND delivery.state IN ('waiting', 'decided', 'sent', 'refused', 'superseded')
            OR delivery.sequence IS NULL
            AND (
                pushing.partner_id IS NOT NULL AND (assignment.status = 'accepted' OR pushing.while_pending)
            ) IS NOT TRUE
        ) AND (
            link.sequence = 1 AND writeback.sequence = 1 AND writeback.identity = link.identity
            OR link.sequence = 0 AND writeback.sequence IS NULL
        ) AND NOT EXISTS (
            SELECT 1 FROM writeback AS astray
            WHERE astray.supplier = :supplier AND astray.identity = link.identity
              AND astray.lead_id <> founded.lead_id
        )
        THEN 1 ELSE 0
    END) = 0
    -- Three counts of a lead as one number: its history is read once.
    OR MAX(CASE delivery.state WHEN 'sent' THEN 1 ELSE 0 END)
     + MAX(CASE writeback.state WHEN 'sent' THEN 1000000 WHEN 'refused' THEN 1000000000000 ELSE 0 END)
    IS DISTINCT FROM (
        SELECT CASE WHEN MIN(CASE WHEN history.kind = 'received' THEN history.at END) <= MIN(history.at)
            THEN SUM(CASE history.kind
                WHEN 'pushed' THEN 1
                WHEN 'written_back' THEN 1000000
                WHEN 'write_back_refused' THEN 1000000000000
                ELSE 0
            END)
        END
        FROM history
        WHERE history.supplier = :supplier AND history.lead_id = founded.lead_id
    )
UNION ALL
SELECT touched.lead_id, lead.attempt, lead.decision, lead.status, false
FROM (
    SELECT lead_id FROM routing_decision WHERE supplier = :supplier AND run_id = :run_id
      AND NOT EXISTS (SELECT 1 FROM load_founded AS founded WHERE founded.lead_id = routing_decision.lead_id)
    UNION
    SELECT lead_id FROM assignment WHERE supplier = :supplier AND run_id = :run_id
      AND NOT EXISTS (SELECT 1 FROM load_founded AS founded WHERE founded.lead_id = assignment.lead_id)
    UNION
    SELECT lead_id FROM delivery WHERE supplier = :supplier AND run_id = :run_id
      AND NOT EXISTS (SELECT 1 FROM load_founded AS founded WHERE founded.lead_id = delivery.lead_id)
) AS touched
LEFT JOIN lead ON lead.supplier = :supplier AND lead.lead_id = touched.lead_id
