"""Oracle Eloqua: sign-in, Application API 1.0/2.0 and Bulk API 2.0 of one tenant.

What is imitated, from which pages, and what is left out: `sandbox/COVERAGE.md`.
"""
