{# Campaigns of this batch that a pull which landed later brought already. #}
SELECT DISTINCT newer.identity
FROM pull AS own
JOIN pull AS later
  ON later.supplier = own.supplier AND later.kind = own.kind AND later.landed_at > own.landed_at
JOIN batch ON batch.supplier = later.supplier AND batch.run_id = later.run_id AND batch.kind = later.kind
JOIN receipt AS newer ON newer.supplier = batch.supplier AND newer.batch_id = batch.batch_id
WHERE own.supplier = :supplier AND own.run_id = :run_id AND own.kind = 'campaigns'
  AND batch.replay_of IS NULL
  AND newer.outcome IN ('new', 'updated', 'known')
