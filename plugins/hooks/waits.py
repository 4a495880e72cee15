"""How long an answer asks us to wait."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def wished_seconds(retry_after: str | None) -> float | None:
    """Return what a Retry-After says, in seconds from now; None: it says nothing that can be read.

    Source: RFC 9110, 10.2.3: a number of seconds, or a date.
    """
    text = (retry_after or "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text) if text[0].isdigit() else _until(text))
    except ValueError:
        return None


def _until(http_date: str) -> float:
    at = parsedate_to_datetime(http_date)
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
