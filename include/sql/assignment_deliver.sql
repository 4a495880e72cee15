{# The first push of assignments whose CRM takes them at once. One delivery a microsecond: they go in the order
   in which their leads were routed.

Account by account, so that a push finds its deliveries, and changes them, on pages of their own. #}
INSERT INTO delivery (
    supplier, delivery_id, assignment_id, sequence, lead_id, partner_id, account_id, state, run_id, queued_at
)
SELECT :supplier, delivery_id, assignment_id, 1, lead_id, partner_id, account_id, 'waiting', :run_id, :at + queued_at
FROM load_routed
WHERE delivery_id IS NOT NULL
ORDER BY account_id, queued_at
ON CONFLICT (supplier, delivery_id) DO NOTHING
