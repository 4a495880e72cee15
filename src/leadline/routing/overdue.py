"""When the time of a pending assignment is over: days, or hours in which somebody works (R6).

The question is asked once for all leads: whatever was assigned before one moment is overdue now.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from leadline.mapping.routing import Reroute, WorkingWeek
from leadline.routing.availability import at

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def overdue_before(rule: Reroute, now: int) -> int | None:
    """Return the moment up to which assignments that still wait are overdue, in UTC microseconds.

    Days are counted on the calendar of the rule's time zone, so one on which the clocks change counts as any
    other. Where days and working hours are both named, whichever is over first. None: neither is named.
    """
    zone = ZoneInfo(rule.timezone)
    local = at(now).astimezone(zone)
    moments = []
    if rule.pending_days is not None:
        moments.append((local - timedelta(days=rule.pending_days)).timestamp())
    if rule.pending_working_hours is not None:
        hours = timedelta(hours=rule.pending_working_hours)
        moments.append(_worked_back(local, hours, rule.working_week).timestamp())
    return int(max(moments) * 1_000_000) if moments else None


def _worked_back(local: datetime, hours: timedelta, week: WorkingWeek) -> datetime:
    """Return the latest moment since which so much time was worked."""
    day, left = local.date(), hours
    while True:
        for begin, end in _shift(day, week, local.tzinfo):
            # As moments: by their hands alone, a shift that ended goes on in the hour that clocks repeat.
            end = min(end, local, key=datetime.timestamp)
            worked = _between(begin, end)
            if worked >= left:
                return datetime.fromtimestamp(end.timestamp() - left.total_seconds(), local.tzinfo)
            left -= max(worked, timedelta(0))
        day -= timedelta(days=1)


def _shift(day: date, week: WorkingWeek, zone: tzinfo | None) -> list[tuple[datetime, datetime]]:
    if _DAYS[day.weekday()] not in week.days or day in week.holidays:
        return []
    begin, end = (datetime.combine(day, one, zone) for one in week.shift)
    return [(begin, end)]


def _between(begin: datetime, end: datetime) -> timedelta:
    """Return the time that passed, also on a day on which the clocks change."""
    return timedelta(seconds=end.timestamp() - begin.timestamp())
