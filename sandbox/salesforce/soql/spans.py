"""Date literals such as `TODAY` and `LAST_N_DAYS:7` as days, in the org's zone (UTC here).

Source: SOQL and SOSL Reference, "Date Formats and Date Literals in WHERE".
"""

from __future__ import annotations

from datetime import date, timedelta


def span(name: str, number: int | None, today: date) -> tuple[date, date] | None:
    """Return the first day and the day after the last, or None for a word that is no date literal."""
    one = timedelta(days=1)
    tomorrow = today + one
    if number is None:
        return _plain(name, today)
    n = timedelta(days=number)
    known = {
        "LAST_N_DAYS": (today - n, tomorrow),
        "NEXT_N_DAYS": (tomorrow, tomorrow + n),
        "N_DAYS_AGO": (today - n, today - n + one),
    }
    if name in known:
        return known[name]
    for word, start, step in (
        ("WEEKS", _week(today), lambda day, count: day + timedelta(weeks=count)),
        ("MONTHS", today.replace(day=1), _months),
        ("QUARTERS", _quarter(today), lambda day, count: _months(day, 3 * count)),
        ("YEARS", today.replace(month=1, day=1), lambda day, count: _months(day, 12 * count)),
    ):
        if name == f"LAST_N_{word}":
            return step(start, -number), start
        if name == f"NEXT_N_{word}":
            return step(start, 1), step(start, 1 + number)
        if name == f"N_{word}_AGO":
            return step(start, -number), step(start, 1 - number)
    return None


def _plain(name: str, today: date) -> tuple[date, date] | None:
    one = timedelta(days=1)
    known = {
        "YESTERDAY": (today - one, today),
        "TODAY": (today, today + one),
        "TOMORROW": (today + one, today + 2 * one),
        "LAST_90_DAYS": (today - 90 * one, today + one),
        "NEXT_90_DAYS": (today + one, today + 91 * one),
    }
    if name in known:
        return known[name]
    when, _, unit = name.partition("_")
    shift = {"LAST": -1, "THIS": 0, "NEXT": 1}.get(when)
    if shift is None:
        return None
    if unit == "WEEK":
        start = _week(today) + timedelta(weeks=shift)
        return start, start + timedelta(weeks=1)
    months = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}.get(unit)
    if months is None:
        return None
    first = {1: today.replace(day=1), 3: _quarter(today), 12: today.replace(month=1, day=1)}[months]
    start = _months(first, shift * months)
    return start, _months(start, months)


def _week(day: date) -> date:
    # Weeks begin on Sunday in the en_US locale, which orgs here have.
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _quarter(day: date) -> date:
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def _months(first: date, count: int) -> date:
    years, month = divmod(first.year * 12 + first.month - 1 + count, 12)
    return date(years, month + 1, 1)
