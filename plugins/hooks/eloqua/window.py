"""Times of a window as Eloqua's filters and rows write them; all UTC.

Source: Oracle, "Filtering" (`yyyy-MM-dd HH:mm:ss`), "Time zones across Eloqua".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from leadline.errors import VendorUnavailable
from leadline.ports import Window

FLOOR = datetime(1999, 1, 1, tzinfo=UTC)  # no record of Eloqua is older
SECOND = timedelta(seconds=1)


def between(statement: str, window: Window) -> str:
    """Return the filter for whole seconds around a window; `is_in` keeps to the window itself."""
    end = window.end.astimezone(UTC)
    upper = end if not end.microsecond else end.replace(microsecond=0) + SECOND
    parts = [f"'{statement}' < '{_text(upper)}'"]
    if window.start is not None:
        parts.insert(0, f"'{statement}' >= '{_text(window.start.astimezone(UTC))}'")
    return " AND ".join(parts)


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def read_stamp(text: str) -> datetime:
    """Return the time in a row's stamp, like `2026-11-20 11:00:00.000`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise VendorUnavailable("a row of an export has a stamp that is no time") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def one_spelling(text: str) -> str:
    """Return a row's stamp so that stamps compare as text."""
    return f"{read_stamp(text).astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def is_in(at: datetime, window: Window) -> bool:
    """Say whether a time lies in the window: start in, end out."""
    return (window.start is None or at >= window.start) and at < window.end


def halves(window: Window) -> tuple[Window, Window] | None:
    """Return both halves of a window; None: it is a second long already."""
    start = window.start or FLOOR
    if window.end - start <= SECOND:
        return None
    middle = (start + (window.end - start) / 2).replace(microsecond=0)
    middle = max(middle, start + SECOND)
    return Window(window.start, middle), Window(middle, window.end)


def from_epoch(text: str | None) -> str | None:
    """Return the Application API's epoch seconds as ISO text; other text as it is."""
    try:
        return f"{datetime.fromtimestamp(int(text), UTC):%Y-%m-%dT%H:%M:%S}Z" if text else None
    except (ValueError, OverflowError, OSError):
        return text
