"""Counts the org's API calls over a rolling day and refuses more than its limit.

Source: Salesforce App Limits Cheat Sheet, "API Request Limits and Allocations"; REST "Limit Info Header".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from .config import OrgLimits
from .errors import Refused


class ApiUsage:
    """Calls per hour of the sandbox clock."""

    def __init__(self, limits: OrgLimits, now: Callable[[], datetime]) -> None:
        self.maximum = limits.daily_api_requests
        self._now = now
        self._hours: dict[int, int] = {}

    @property
    def used(self) -> int:
        """Return the calls of the last 24 hours."""
        hour = self._hour()
        return sum(count for at, count in self._hours.items() if hour - 24 < at <= hour)

    def take(self, count: int = 1) -> None:
        """Count calls.

        Raises:
            Refused: REQUEST_LIMIT_EXCEEDED when the day's calls are used up.
        """
        if self.used + count > self.maximum:
            raise Refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        hour = self._hour()
        self._hours[hour] = self._hours.get(hour, 0) + count

    def set(self, *, used: int | None = None, maximum: int | None = None) -> None:
        """Pretend that so many calls were made, or allow another number of them."""
        if maximum is not None:
            self.maximum = maximum
        if used is not None:
            self._hours = {self._hour(): used}

    def header(self) -> str:
        """Return the value of `Sforce-Limit-Info`."""
        return f"api-usage={self.used}/{self.maximum}"

    def report(self) -> dict[str, Any]:
        """Return the answer of `limits`."""

        def whole(maximum: int) -> dict[str, int]:
            return {"Max": maximum, "Remaining": maximum}

        return {
            "DailyApiRequests": {"Max": self.maximum, "Remaining": max(self.maximum - self.used, 0)},
            "DailyBulkApiBatches": whole(15_000),
            "DailyBulkV2QueryJobs": whole(10_000),
            "DailyBulkV2QueryFileStorageMB": whole(976_562),
            "DataStorageMB": whole(10_240),
            "FileStorageMB": whole(10_240),
            "SingleEmail": whole(5_000),
        }

    def _hour(self) -> int:
        return int(self._now().timestamp() // 3600)
