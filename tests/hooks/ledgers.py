"""Ledgers of bulk jobs for adapters that write."""

from __future__ import annotations

from collections.abc import Sequence


class NoJobs:
    """A ledger for a CRM without bulk jobs."""

    def job_for(self, keys: Sequence[str]) -> str | None:
        return None

    def save(self, keys: Sequence[str], job_id: str, operation: str, object_: str) -> None:
        raise AssertionError("this CRM has no jobs")

    def finish(self, job_id: str) -> None:
        raise AssertionError("this CRM has no jobs")
