"""Dates and times in the formats and the time zone that the mapping names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

_NUMERIC = ("%Y", "%m", "%d", "%H", "%M", "%S")


def parse_date(text: str, formats: Sequence[str]) -> str | None:
    """Return the date as "YYYY-MM-DD", None if it is none in any of these formats (ISO 8601 if none)."""
    if not formats:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            return None
    moment = _first(text, formats)
    return moment.date().isoformat() if moment else None


def parse_datetime(text: str, formats: Sequence[str], zone: ZoneInfo) -> str | None:
    """Return the moment as "YYYY-MM-DDTHH:MM:SS.ffffffZ" in UTC, None if it is none.

    A text without an offset is local time in `zone`. A time that occurs twice, when clocks go back, is the
    first of the two; a time that clocks skip when they go forward never was, and is none.
    """
    if formats:
        moment = _first(text, formats)
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
    if moment is None:
        return None
    try:
        utc = _to_utc(moment, zone)
    except OverflowError:
        return None
    return utc.isoformat(timespec="microseconds") + "Z" if utc else None


def _to_utc(moment: datetime, zone: ZoneInfo) -> datetime | None:
    if moment.tzinfo is not None:
        return moment.astimezone(UTC).replace(tzinfo=None)
    offset = _offset_of_day(moment.date(), zone)
    if offset is not None:
        return moment - offset
    utc = moment.replace(tzinfo=zone).astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) != moment:
        return None
    return utc.replace(tzinfo=None)


@lru_cache(maxsize=50_000)
def _offset_of_day(day: date, zone: ZoneInfo) -> timedelta | None:
    """Return the zone's offset on a day, None if clocks change on it."""
    if day == date.max:
        return None  # it has no next midnight to look at
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    offsets = {(midnight + timedelta(hours=hours)).utcoffset() for hours in range(25)}
    return offsets.pop() if len(offsets) == 1 else None


def _first(text: str, formats: Sequence[str]) -> datetime | None:
    for format_ in formats:
        moment = _parser(format_)(text)
        if moment is not None:
            return moment
    return None


@cache
def _parser(format_: str) -> Callable[[str], datetime | None]:
    """Return strptime for one format; of digits alone, good texts take a way several times as fast."""
    parts = re.split("(%.)", format_)
    directives, literals = parts[1::2], parts[::2]
    wanted = _NUMERIC[: len(directives)]
    if len(directives) >= 3 and sorted(directives) == sorted(wanted):
        digits = [("[0-9]{4}" if directive == "%Y" else "[0-9]{1,2}") for directive in directives]
        blanks = [re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(literal)) for literal in literals]
        pattern = re.compile(
            blanks[0] + "".join(f"({digit}){blank}" for digit, blank in zip(digits, blanks[1:], strict=True))
        )
        order = [directives.index(directive) for directive in wanted]
        return lambda text: _from_digits(pattern.fullmatch(text), order) or _strptime(text, format_)
    return lambda text: _strptime(text, format_)


def _from_digits(match: re.Match[str] | None, order: Sequence[int]) -> datetime | None:
    if match is None:
        return None
    parts = match.groups()
    try:
        return datetime(*[int(parts[place]) for place in order])  # type: ignore[arg-type]
    except ValueError:
        return None


def _strptime(text: str, format_: str) -> datetime | None:
    try:
        return datetime.strptime(text, format_)
    except ValueError:
        return None
