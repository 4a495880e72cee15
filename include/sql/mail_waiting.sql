SELECT count(*) FROM mail WHERE state = 'waiting'
