"""Lead distribution: the domain, free of Airflow and of every vendor's SDK.

Steps of the business are modules of their own (`mapping`, `reading`, `checks`, `receipts`,
`routing`, `delivery`, ...). They know values and `hub`, not each other; `distribution` joins
them and reads as the story of a lead. What talks to the outside lies in `plugins/hooks`
and fulfils the protocols in `ports`.
"""
