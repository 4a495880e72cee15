INSERT INTO receipt (
    supplier, batch_id, row, run_id, line, identity, outcome, lead_id, reasons, replay_of_batch, replay_of_row
)
SELECT :supplier, :batch_id, row, :run_id, line, identity, outcome, lead_id, reasons, :replay_of, replay_of_row
FROM load_incoming
