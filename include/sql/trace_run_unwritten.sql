SELECT writeback.identity, writeback.sequence, writeback.lead_id, writeback.state, writeback.attempts,
       writeback.vendor_code, writeback.message
FROM (
    SELECT mine.identity, mine.sequence FROM writeback AS mine WHERE mine.supplier = :supplier AND mine.run_id = :run_id
    UNION
    SELECT theirs.identity, theirs.sequence
    FROM lead
    JOIN writeback AS theirs ON theirs.supplier = lead.supplier AND theirs.lead_id = lead.lead_id
    WHERE lead.supplier = :supplier AND lead.first_run = :run_id
) AS about
JOIN writeback ON writeback.supplier = :supplier AND writeback.identity = about.identity AND writeback.sequence = about.sequence
WHERE writeback.state IN ('waiting', 'refused')
ORDER BY writeback.queued_at, writeback.identity, writeback.sequence
