"""An imitated Saleslink 3.5 with a lead web service (SOAP 1.1), on a contract of this project's own.

No public description of the vendor's service exists: `service.wsdl` is what both sides agree on here.
"""
