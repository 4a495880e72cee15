"""Salesforce, as a supplier and as a partner's CRM, over its REST and Bulk APIs.

`hook` signs in, `client` and `bulk` call and `answers` says what an answer means; `soql`, `rows`, `fields`
and `window` are used from both sides. `supplier` is the one adapter: `leads`, `gone` and `people` read,
`status`, `events` and `opportunities` write. `crm` is the other: `find`, `records` and `tasks` write,
`pulled`, `activities`, `deals` and `lists` read back.
"""
