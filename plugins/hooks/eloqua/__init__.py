"""Oracle Eloqua as a supplier, over its REST and Bulk APIs.

`hook` and `sign_in` sign in, `client` and `bulk` call and `answers` says what an answer means. `supplier`
is the adapter: `leads`, `campaigns` and `activities` read, `records` writes.
"""
