"""Dates and times in the formats and the time zone that the mapping names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

_NUMERIC = {"%Y": r"(?P<Y>[0-9]{4})", "%m": "(?P<m>[0-9]{1,2})", "%d": "(?P<d>[0-9]{1,2})"}
_NUMERIC |= {f"%{part}": f"(?P<{part}>[0-9]{{1,2}})" for part in "HMS"}


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
        if moment.tzinfo is None:
            utc = moment.replace(tzinfo=zone).astimezone(UTC)
            if utc.astimezone(zone).replace(tzinfo=None) != moment:
                return None
        else:
            utc = moment.astimezone(UTC)
    except OverflowError:
        return None
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _first(text: str, formats: Sequence[str]) -> datetime | None:
    for format_ in formats:
        moment = _parser(format_)(text)
        if moment is not None:
            return moment
    return None


@cache
def _parser(format_: str) -> Callable[[str], datetime | None]:
    """Return strptime for one format; formats of digits alone take a path that is several times faster."""
    parts = re.split("(%.)", format_)
    directives = parts[1::2]
    if len(set(directives)) == len(directives) and {"%Y", "%m", "%d"} <= set(directives) <= set(_NUMERIC):
        literals = [re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(literal)) for literal in parts[::2]]
        pattern = re.compile(
            literals[0]
            + "".join(
                _NUMERIC[directive] + literal
                for directive, literal in zip(directives, literals[1:], strict=True)
            )
        )
        return lambda text: _from_match(pattern.fullmatch(text))
    return lambda text: _strptime(text, format_)


def _from_match(match: re.Match[str] | None) -> datetime | None:
    if match is None:
        return None
    part = {name: int(digits) for name, digits in match.groupdict().items()}
    try:
        return datetime(part["Y"], part["m"], part["d"], part.get("H", 0), part.get("M", 0), part.get("S", 0))
    except ValueError:
        return None


def _strptime(text: str, format_: str) -> datetime | None:
    try:
        return datetime.strptime(text, format_)
    except ValueError:
        return None
