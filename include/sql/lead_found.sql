INSERT INTO lead (
    supplier, lead_id, merge_key, email, email_key, campaign_key, preassigned, attributes, fingerprint,
    status, sales_status, source_deleted, first_run, first_batch, first_row, mapping_hash, created_at, updated_at
)
SELECT
    :supplier, lead_id, merge_key, email, email_key, campaign_key, preassigned, attributes, fingerprint,
    status, 'open', FALSE, :run_id, :batch_id, row, :mapping_hash, :now, :now
FROM load_incoming
WHERE status IS NOT NULL
