"""Who can take a lead now: absences, and caps in the period of their own time zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from leadline.mapping.routing import Cap
from leadline.partners import Partner


def at(now: int) -> datetime:
    """Return UTC microseconds as an instant."""
    return datetime.fromtimestamp(now // 1_000_000, UTC).replace(microsecond=now % 1_000_000)


def period_start(now: int, period: Literal["day", "week", "month"], timezone: str) -> int:
    """Return when the running period began, in UTC microseconds.

    Days begin at local midnight, weeks on Monday, months on the first; where the clocks change, a day has
    23 or 25 hours.
    """
    local = at(now).astimezone(ZoneInfo(timezone))
    day = local.date()
    if period == "week":
        day -= timedelta(days=day.weekday())
    elif period == "month":
        day = day.replace(day=1)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))
    return int(midnight.timestamp()) * 1_000_000


def is_absent(partner: Partner, now: int) -> bool:
    """Say whether one of the partner's absences holds now, both days included."""
    instant = at(now)
    return any(
        one.first <= instant.astimezone(ZoneInfo(one.timezone)).date() <= one.last for one in partner.absences
    )


def cap_of(partner: Partner, module_cap: Cap | None) -> Cap | None:
    """Return the partner's own cap, or the module's."""
    return partner.cap or module_cap


def cap_starts(partners: Sequence[Partner], module_cap: Cap | None, now: int) -> dict[str, int]:
    """Return for each capped partner when its running period began, in UTC microseconds."""
    caps = {one.id: cap_of(one, module_cap) for one in partners}
    return {
        name: period_start(now, cap.period, cap.timezone) for name, cap in caps.items() if cap is not None
    }


def leads_left(
    partners: Sequence[Partner], module_cap: Cap | None, assigned: Mapping[str, int]
) -> list[int | None]:
    """Return how many leads each partner may still get in its period, in their order; None: no cap.

    Args:
        partners: The candidates.
        module_cap: For those without a cap of their own.
        assigned: Assignments of the running period by partner id.
    """
    caps = [cap_of(one, module_cap) for one in partners]
    return [
        None if cap is None else max(0, cap.leads - assigned.get(one.id, 0))
        for one, cap in zip(partners, caps, strict=True)
    ]
