"""Adobe Marketo Engage as a supplier, over its REST API.

`hook` signs in, `client` and `bulk` call and `answers` says what an answer means. `supplier` is the
adapter: `leads` reads what `feed` and `handovers` show, `status`, `events` and `deals` write, `checks`
looks before anything runs.
"""
