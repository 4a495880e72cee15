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


def cron_problem(expression: str) -> str | None:
    """Return what is wrong with a cron expression of five parts; None if nothing is.

    Source: crontab(5); presets as in Airflow, "Cron & Time Intervals".
    """
    if expression.startswith("@"):
        return None if expression in _PRESETS else f"allowed presets: {', '.join(sorted(_PRESETS))}"
    parts = expression.split()
    if len(parts) != len(_PARTS):
        return "five parts are needed: minute hour day-of-month month day-of-week"
    for text, (label, low, high, names) in zip(parts, _PARTS, strict=True):
        for piece in text.split(","):
            if not _holds(piece.casefold(), low, high, names):
                return f"{label} '{piece}' is not allowed; {low}-{high}, *, */n, a-b and lists are"
    return None


def _holds(piece: str, low: int, high: int, names: dict[str, int]) -> bool:
    match = re.fullmatch(r"(\*|\w+)(?:-(\w+))?(?:/(\d{1,3}))?", piece, re.ASCII)
    if not match:
        return False
    first, last, step = match.groups()
    if step is not None and not 1 <= int(step) <= high:
        return False
    if first == "*":
        return last is None
    numbers = [names.get(text, int(text) if text.isdigit() else -1) for text in (first, last) if text]
    return all(low <= number <= high for number in numbers) and numbers == sorted(numbers)
