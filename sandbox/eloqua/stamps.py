"""Times as Eloqua writes them: ISO in definitions, text in rows, epoch seconds in the Application API."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")  # of the servers, and of rows that do not ask for UTC


def kept(at: datetime) -> str:
    """Return a time as it is stored: UTC, milliseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def moment(text: str) -> datetime:
    """Return the time in a stored or given stamp; without a zone it is UTC."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def in_definition(at: datetime) -> str:
    """Return a time with seven decimals and Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def in_row(text: str, utc: bool) -> str:
    """Return a stored time as a row of an export shows it."""
    at = moment(text).astimezone(UTC if utc else EASTERN)
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def epoch(text: str) -> str:
    """Return a stored time in whole seconds since 1970, as text."""
    return str(int(moment(text).timestamp()))


def of_filter(text: str, utc: bool) -> datetime:
    """Return the time that a filter names: `yyyy-MM-dd` or `yyyy-MM-dd HH:mm:ss`."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC if utc else EASTERN)
