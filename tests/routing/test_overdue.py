"""When the time of a pending assignment is over: calendar days, and hours in which somebody works."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from leadline.mapping.routing import Reroute
from leadline.routing.overdue import overdue_before
from leadline.runs import from_us, to_us

ZURICH = ZoneInfo("Europe/Zurich")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZURICH)


def before(rule: Reroute, now: str) -> str:
    found = overdue_before(rule, to_us(local(now)))
    assert found is not None
    return f"{from_us(found).astimezone(ZURICH):%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize(
    ("days", "now", "expected"),
    [
        (3, "2026-03-05T10:00", "2026-03-02T10:00"),
        (1, "2026-03-29T10:00", "2026-03-28T10:00"),  # the clocks went forward in that night
        (1, "2026-10-25T10:00", "2026-10-24T10:00"),  # and back
    ],
)
def test_days_are_days_of_the_calendar(days: int, now: str, expected: str) -> None:
    assert before(Reroute(pending_days=days, timezone="Europe/Zurich"), now) == expected


@pytest.mark.parametrize(
    ("hours", "now", "expected"),
    [
        # 2026-03-02 is a Monday
        (2, "2026-03-02T12:00", "2026-03-02T10:00"),
        (2, "2026-03-02T10:00", "2026-02-27T16:00"),  # one hour today, one on Friday
        (2, "2026-03-02T06:00", "2026-02-27T15:00"),  # before work
        (2, "2026-03-01T12:00", "2026-02-27T15:00"),  # on a Sunday
        (2, "2026-03-02T23:00", "2026-03-02T15:00"),  # after work
        (8, "2026-03-02T17:00", "2026-03-02T09:00"),
        (40, "2026-03-02T12:00", "2026-02-23T12:00"),  # a week of five days
    ],
)
def test_working_hours_are_counted_where_somebody_works(hours: int, now: str, expected: str) -> None:
    assert before(Reroute(pending_working_hours=hours, timezone="Europe/Zurich"), now) == expected


def test_week_and_holidays_are_the_suppliers_own() -> None:
    rule = Reroute(
        pending_working_hours=3,
        timezone="Europe/Zurich",
        working_week={"days": ["sat", "mon"], "hours": "08:00-10:00", "holidays": ["2026-02-28"]},
    )

    assert before(rule, "2026-03-02T09:00") == "2026-02-23T08:00"  # the Saturday between is a holiday


def test_a_shift_that_ended_is_over_although_its_hands_come_again() -> None:
    rule = Reroute(
        pending_working_hours=2,
        timezone="Europe/Zurich",
        working_week={"days": ["sun"], "hours": "01:00-02:30"},
    )
    again = datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=ZURICH)  # 40 minutes after the end of the shift

    found = overdue_before(rule, to_us(again))

    assert found == to_us(local("2026-10-18T02:00"))  # an hour and a half today, half an hour a week before


def test_whichever_is_over_first_counts() -> None:
    rule = Reroute(pending_days=1, pending_working_hours=80, timezone="Europe/Zurich")

    assert before(rule, "2026-03-05T10:00") == "2026-03-04T10:00"


def test_nothing_is_overdue_where_no_time_is_named() -> None:
    assert overdue_before(Reroute(on_rejection=True), 10**15) is None


@pytest.mark.parametrize("hours", ["17:00-09:00", "9-17", "09:00-24:00", "09:00-09:00", "nine to five"])
def test_hours_in_which_nobody_works_are_refused(hours: str) -> None:
    with pytest.raises(ValidationError, match="09:00-17:00"):
        Reroute(pending_working_hours=1, working_week={"hours": hours})


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.integers(0, 60 * 24 * 400))
def test_so_much_was_worked_since_then_and_not_a_minute_more(hours: int, minutes: int) -> None:
    now = local("2026-01-01T00:00") + timedelta(minutes=minutes)
    found = overdue_before(Reroute(pending_working_hours=hours, timezone="Europe/Zurich"), to_us(now))
    assert found is not None

    # Minute by minute, on the clock of the wall: work never touches the hours in which clocks change.
    at, worked = from_us(found).astimezone(ZURICH).replace(tzinfo=None), 0
    end = now.replace(tzinfo=None)
    while at < end:
        worked += at.weekday() < 5 and 9 <= at.hour < 17
        at += timedelta(minutes=1)

    assert worked == hours * 60
