"""Dates and datetimes as the org writes and reads them.

Datetimes are kept as text in one zone and one width, `2026-11-22T10:00:00.000+0000`, so that text order is
time order and nothing is converted when rows are read.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_DATETIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?([Zz]|[+-]\d\d:?\d\d)", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def text(moment: datetime) -> str:
    """Return the org's text of an aware datetime, cut to milliseconds."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def moment(stamp: str) -> datetime:
    """Return the aware datetime of the org's text."""
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%f%z")


def datetime_text(value: str) -> str:
    """Return the org's text of an ISO 8601 datetime with zone.

    Raises:
        ValueError: It is none, or its zone is missing.
    """
    if len(value) == 28 and value.endswith("+0000") and _DATETIME.fullmatch(value):
        datetime.fromisoformat(value)
        return value
    match = _DATETIME.fullmatch(value)
    if match is None:
        raise ValueError(value)
    day, clock, fraction, zone = match.groups()
    clock = clock if len(clock) == 8 else f"{clock}:00"
    zone = "+00:00" if zone in "Zz" else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    parsed = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6].ljust(6, '0')}{zone}")
    return text(parsed)


def date_text(value: str) -> str:
    """Return `YYYY-MM-DD` of an ISO date; a datetime gives its day.

    Raises:
        ValueError: It is neither.
    """
    if _DATE.fullmatch(value):
        return date.fromisoformat(value).isoformat()
    return datetime_text(value)[:10]


def day_start(day: date) -> str:
    """Return the org's text of midnight UTC; orgs here live in UTC."""
    return f"{day.isoformat()}T00:00:00.000+0000"


def next_day(day: date) -> date:
    """Return the day after."""
    return day + timedelta(days=1)
