"""The Salesforce room: one ASGI application per imitated org.

Knows nothing of ports, certificates or the control pages: `create_org_app` takes an org's configuration,
a folder for its state and the sandbox's hooks. `sandbox/COVERAGE.md` says what is imitated and from where.
"""
