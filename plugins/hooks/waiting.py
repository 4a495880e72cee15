"""How long an answer asks us to wait."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WISH_SECONDS = 3600.0
PATIENCE_SECONDS = 120.0
"""A wish that is longer ends the step: its next try waits instead of a worker."""


def wished_seconds(retry_after: str | None) -> float | None:
    """Return the seconds that a `Retry-After` header names, an hour at most; None: it names none.

    Source: RFC 9110, 10.2.3: a number of seconds, or a date.
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WISH_SECONDS)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_WISH_SECONDS)
