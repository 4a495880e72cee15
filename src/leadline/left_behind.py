"""Suppliers whose mapping is gone while the hub still has work of theirs: no DAG of theirs would say so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from leadline.errors import Finding
from leadline.hub import Hub

_WORDS = {
    "unassigned": "leads without a partner",
    "pending": "leads that wait for their partner's answer",
    "undelivered": "rows that wait for a partner's CRM",
    "untold": "rows that wait for the supplier's system",
}


@dataclass(frozen=True)
class LeftBehind:
    """What waits of a supplier key without a mapping: leads (unassigned, pending) and rows of outboxes."""

    supplier: str
    unassigned: int
    pending: int
    undelivered: int
    untold: int

    def __str__(self) -> str:
        counts = [
            f"{_WORDS[name]}: {count}" for name, count in asdict(self).items() if name in _WORDS and count
        ]
        return (
            f"there is no mapping for '{self.supplier}' any more, so nothing of it goes on: "
            f"{', '.join(counts)}; put the file back under its name, which a supplier keeps for good"
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as `leadline report --json` prints it."""
        return asdict(self)


def left_behind(hub: Hub, mapped: Collection[str], only: str | None = None) -> list[LeftBehind]:
    """Return what waits of suppliers that have no mapping, those with nothing left out.

    Args:
        mapped: Names of the suppliers whose mapping is there, good or broken.
        only: Look at this supplier key alone.
    """
    found = []
    with hub.reading() as connection:
        for (key,) in hub.run(connection, "trace_suppliers").all():
            if key.partition("~")[0] in mapped or only not in (None, key):
                continue
            one = LeftBehind(key, **hub.run(connection, "supplier_left", supplier=key).mappings().one())
            if one.unassigned or one.pending or one.undelivered or one.untold:
                found.append(one)
    return found


def as_findings(left: Collection[LeftBehind], directory: Path) -> list[Finding]:
    """Return each as a finding about the file that should be in this folder, both targets about one."""
    return [Finding(str(directory / f"{one.supplier.partition('~')[0]}.yaml"), 0, str(one)) for one in left]
