SELECT decision, COUNT(*) AS rows FROM load_founded
GROUP BY decision
