{# A run that was long over landed something after all, cleared by somebody: its raw data are to be removed again. #}
UPDATE run SET raw_removed_at = NULL
WHERE supplier = :supplier AND run_id = :run_id AND raw_removed_at IS NOT NULL
