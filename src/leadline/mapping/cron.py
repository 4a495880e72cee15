"""Judges cron expressions, without a library that only Airflow brings."""

from __future__ import annotations

import re

_PRESETS = {"@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly"}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_PARTS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    ("day of week", 0, 7, {name: number for number, name in enumerate(_DAYS)}),
)


_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def cron_problem(expression: str) -> str | None:
    """Return what is wrong with a cron expression of five parts; None if nothing is.

    Source: crontab(5); presets as in Airflow, "Cron & Time Intervals".
    """
    if expression.startswith("@"):
        return None if expression in _PRESETS else f"allowed presets: {', '.join(sorted(_PRESETS))}"
    parts = expression.split()
    if len(parts) != len(_PARTS):
        return "five parts are needed: minute hour day-of-month month day-of-week"
    chosen: list[set[int]] = []
    for text, (label, low, high, names) in zip(parts, _PARTS, strict=True):
        chosen.append(set())
        for piece in text.split(","):
            numbers = _numbers(piece.casefold(), low, high, names)
            if numbers is None:
                return f"{label} '{piece}' is not allowed; {low}-{high}, *, */n, a-b and lists are"
            chosen[-1].update(numbers)
    days, months = chosen[2], chosen[3]
    if parts[4] == "*" and not any(min(days) <= _LONGEST_MONTH[month - 1] for month in months):
        return "no month that is named has such a day: it would never run"
    return None


def _numbers(piece: str, low: int, high: int, names: dict[str, int]) -> range | None:
    """Return what one piece of a list stands for; None if it is not allowed."""
    match = re.fullmatch(r"(\*|\w+)(?:-(\w+))?(?:/(\d{1,3}))?", piece, re.ASCII)
    if not match:
        return None
    first, last, step = match.groups()
    if (step is not None and not 1 <= int(step) <= high) or (first == "*" and last is not None):
        return None
    start = low if first == "*" else _number(first, names)
    # A step without an end goes on to the end of the part: 5/10 is 5, 15, 25, ...
    end = (high if first == "*" or step else start) if last is None else _number(last, names)
    return range(start, end + 1, int(step or 1)) if low <= start <= end <= high else None


def _number(text: str, names: dict[str, int]) -> int:
    return names.get(text, int(text) if text.isdigit() else -1)
