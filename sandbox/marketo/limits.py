"""Rate, daily quota and usage: what a subscription counts.

Source: developer.adobe.com/marketo-apis, "API limits" and "Usage": 100 calls in 20 seconds, 50,000 a day
from midnight US Central.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from .errors import Refused
from .store import Store

CENTRAL = ZoneInfo("America/Chicago")
UNCOUNTED = frozenset({"601", "602", "604", "605", "608", "611"})


class Limits:
    """Counts calls by day and user; the window of 20 seconds lies in memory."""

    def __init__(self, store: Store, api_user: str) -> None:
        self._store = store
        self._user = api_user
        self._recent: deque[datetime] = deque()

    def take(self) -> None:
        """Count one call.

        Raises:
            Refused: 606 or 607.
        """
        now = self._store.now()
        most, seconds = self._store.setting("rate_calls", 100), self._store.setting("rate_seconds", 20)
        while self._recent and not 0 <= (now - self._recent[0]).total_seconds() < seconds:
            self._recent.popleft()
        if len(self._recent) >= most:
            raise Refused("606", f"Max rate limit '{most}' exceeded with in '{seconds}' secs")
        self._recent.append(now)
        day = self._day()
        if day["total"] >= self._store.setting("daily_quota", 50_000):
            raise Refused("607", "Daily quota reached")
        self._store.put("usage", day["date"], {**day, "total": day["total"] + 1})

    def note_error(self, code: str) -> None:
        """Count an error for `stats/errors`."""
        day = self._day()
        if code in UNCOUNTED and day["total"]:
            day = {**day, "total": day["total"] - 1}
        errors = {**day["errors"], code: day["errors"].get(code, 0) + 1}
        self._store.put("usage", day["date"], {**day, "errors": errors})

    def set_used(self, total: int) -> None:
        """Pretend that so many calls were made today."""
        self._store.put("usage", self._day()["date"], {**self._day(), "total": total})

    def usage(self, days: int = 1) -> list[dict[str, Any]]:
        """Return `stats/usage`: today, or the last days."""
        return [
            {
                "date": day["date"],
                "total": day["total"],
                "users": [{"userId": self._user, "count": day["total"]}] if day["total"] else [],
            }
            for day in self._days(days)
        ]

    def errors(self, days: int = 1) -> list[dict[str, Any]]:
        """Return `stats/errors`."""
        return [
            {
                "date": day["date"],
                "total": sum(day["errors"].values()),
                "errors": [{"errorCode": code, "count": count} for code, count in day["errors"].items()],
            }
            for day in self._days(days)
        ]

    def _days(self, days: int) -> list[dict[str, Any]]:
        self._store.put("usage", self._day()["date"], self._day())
        return sorted(self._store.table("usage").values(), key=lambda day: str(day["date"]))[-days:]

    def _day(self) -> dict[str, Any]:
        date = self._store.now().astimezone(CENTRAL).date().isoformat()
        return dict(self._store.table("usage").get(date) or {"date": date, "total": 0, "errors": {}})
