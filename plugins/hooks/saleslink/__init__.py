"""Saleslink as a partner's CRM, over its SOAP lead service, whose contract is `saleslink.wsdl`.

`hook` signs in, `transport` and `client` call and `answers` says what a fault means. `crm` is the adapter:
`states` and `opportunities` read back.
"""
