UPDATE batch SET received_at = :received_at WHERE supplier = :supplier AND batch_id = :batch_id
