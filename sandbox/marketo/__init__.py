"""An imitated Marketo Engage subscription: REST, asset and bulk extract API of each tenant.

What is imitated, from which documentation, and which troubles can be ordered: `sandbox/COVERAGE.md`.
"""
