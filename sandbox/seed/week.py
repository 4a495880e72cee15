"""The week: the sandbox's clock goes on day by day, and partners work with the leads in their CRMs.

What was done is kept with the sandbox's state: the same days are never done twice.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.seed.week_dynamics import DynamicsWeek
from sandbox.seed.week_plan import DAYS, Touch, make_week
from sandbox.seed.week_salesforce import SalesforceWeek
from sandbox.seed.week_saleslink import SaleslinkWeek

if TYPE_CHECKING:
    from sandbox.core import Sandbox

logger = logging.getLogger(__name__)

DAY_SECONDS = 86_400


class _Tenant(Protocol):
    def do(self, touch: Touch, step: str) -> None: ...


def run_week(sandbox: Sandbox, days: int = DAYS) -> dict[str, Any]:
    """Go on to the end of that day of the week (7: the last) and tell what was done.

    Returns:
        `days`: how many are done now; `done`: how many steps of each kind this time; `missing`: whose record
        was not there, as [tenant, kind, step]; nothing at all when these days were done before.

    Raises:
        ValueError: The rooms are not seeded, or the week has no such day.
    """
    if not sandbox.seeded():
        raise ValueError("seed the sandbox first: the week is that of the seed's leads")
    if not 1 <= days <= DAYS:
        raise ValueError(f"a week has days 1 to {DAYS}, not {days}")
    kept = _kept(sandbox)
    done: Counter[str] = Counter()
    missing: list[list[str]] = []
    for day in range(kept["days"], days):
        sandbox.clock.advance(DAY_SECONDS)
        _day(sandbox, day, done, missing)
        kept["days"] = day + 1
        _file(sandbox).write_text(json.dumps(kept))
    return {"days": kept["days"], "done": dict(sorted(done.items())), "missing": missing}


def days_done(sandbox: Sandbox) -> int:
    """Return how many days of the week are done."""
    return int(_kept(sandbox)["days"])


def _day(sandbox: Sandbox, day: int, done: Counter[str], missing: list[list[str]]) -> None:
    steps: dict[tuple[str, str], list[tuple[Touch, str]]] = {}
    for touch in make_week():
        for at, step in touch.steps():
            if at == day:
                steps.setdefault((touch.vendor, touch.tenant), []).append((touch, step))
    for (vendor, name), work in steps.items():
        tenant = _tenant(sandbox, vendor, name)
        if tenant is None:
            continue  # this sandbox was started without it
        for touch, step in work:
            try:
                tenant.do(touch, step)
            except LookupError as error:
                logger.warning("%s: day %d, %s, %s: %s", name, day + 1, touch.kind, step, error)
                missing.append([name, touch.kind, step])
            else:
                done[touch.kind if step == touch.kind else f"{touch.kind}:{step}"] += 1


def _tenant(sandbox: Sandbox, vendor: str, name: str) -> _Tenant | None:
    if vendor == "salesforce":
        return SalesforceWeek(sandbox.orgs[name].org) if name in sandbox.orgs else None
    room = sandbox.tenants.get((vendor, name))
    if room is None:
        return None
    return (DynamicsWeek if vendor == "dynamics" else SaleslinkWeek)(room.tenant.act)


def _kept(sandbox: Sandbox) -> dict[str, Any]:
    file = _file(sandbox)
    return dict(json.loads(file.read_text())) if file.exists() else {"days": 0}


def _file(sandbox: Sandbox) -> Path:
    return sandbox.settings.state / "week.json"
