"""Periods of caps and days of absences, in their own time zones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leadline.routing.availability import is_absent, period_start
from tests.routing.conftest import make_partner


def us(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("now", "period", "zone", "start"),
    [
        (us(2026, 3, 29, 12), "day", "UTC", us(2026, 3, 29)),
        # The clocks go forward this night in Berlin: the day began an hour before midnight UTC.
        (us(2026, 3, 29, 12), "day", "Europe/Berlin", us(2026, 3, 28, 23)),
        (us(2026, 3, 30, 12), "day", "Europe/Berlin", us(2026, 3, 29, 22)),
        # and back: a day of 25 hours
        (us(2026, 10, 25, 22, 59), "day", "Europe/Berlin", us(2026, 10, 24, 22)),
        (us(2026, 10, 25, 23), "day", "Europe/Berlin", us(2026, 10, 25, 23)),
        (us(2026, 11, 22, 3), "week", "Europe/Berlin", us(2026, 11, 15, 23)),
        (us(2026, 11, 30, 23, 30), "month", "Europe/Berlin", us(2026, 11, 30, 23)),
        (us(2026, 11, 30, 23, 30), "month", "America/New_York", us(2026, 11, 1, 4)),
        # midnight that does not exist: Beirut's day begins at one o'clock
        (us(2026, 3, 29, 12), "day", "Asia/Beirut", us(2026, 3, 28, 22)),
    ],
)
def test_a_period_begins_at_local_midnight(now: int, period: str, zone: str, start: int) -> None:
    assert period_start(now, period, zone) == start  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (us(2026, 12, 23, 22, 59), False),
        (us(2026, 12, 23, 23, 0), True),
        (us(2026, 12, 26, 22, 59), True),
        (us(2026, 12, 26, 23, 0), False),
    ],
)
def test_an_absence_holds_on_its_local_days(now: int, expected: bool) -> None:
    away = {"from": "2026-12-24", "to": "2026-12-26", "timezone": "Europe/Berlin"}

    assert is_absent(make_partner("A", absences=[away]), now) is expected
