"""One page of opportunities, compared with what the hub has: new, changed, deleted, or the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from leadline.hub import Hub, now_us
from leadline.hub.keys import digest, history_id
from leadline.lifecycle import SalesStatus
from leadline.mapping.model import SupplierMapping
from leadline.opportunities.steps import probability_step
from leadline.ports import CrmOpportunity, with_storable_texts
from leadline.runs import RunContext

OPEN, WON, LOST = "open", "won", "lost"
TOLD = (
    "name", "stage", "status", "probability", "reported_probability", "amount", "currency", "close_date",
    "owner_name", "owner_email",
)  # fmt: skip
"""What may change of an opportunity, in columns of the hub."""
STEPS = (10, 25, 50, 75, 100)  # of suppliers that name none
_COLUMNS = (
    "opportunity_id", "account_id", "record_id", "lead_id", "assignment_id", "partner_id", "found_by", *TOLD,
    "stamp", "deleted_at",
)  # fmt: skip


@dataclass(frozen=True)
class Origin:
    """The assignment of a record that opportunities come from; `assigned_at` in UTC microseconds."""

    assignment_id: str
    lead_id: str
    partner_id: str
    assigned_at: int


def opportunity_id(supplier: str, account_id: str, record_id: str) -> str:
    """Return the id of a CRM's opportunity, its external id at the supplier: `O` and 32 hex digits."""
    return "O" + digest(supplier, account_id, record_id)


def keep_opportunities(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    account_id: str,
    found: Sequence[CrmOpportunity],
    origins: Mapping[str, Sequence[Origin]],
) -> Counter[str]:
    """Keep a page of opportunities, each with one lead, and say what was new; the same page again is not.

    An opportunity stays with the lead that it was first kept with. Of several it could belong to, it is the
    one it came from rather than one whose address matches, and the one assigned last.

    Args:
        origins: The active assignments of each record, by `CrmOpportunity.origin`.
    """
    counts: Counter[str] = Counter()
    chosen = _chosen(found, origins)
    if not chosen:
        return counts
    wanted = mapping.write_back.opportunities
    steps = wanted.probability_steps if wanted else STEPS
    with hub.transaction(ctx.supplier) as connection:
        at = now_us()
        ids = {opportunity_id(ctx.supplier, account_id, one.record_id): one for one in chosen}
        hub.load(connection, "opportunity", ("opportunity_id",), [(one,) for one in ids])
        known = {
            row.opportunity_id: row for row in hub.run(connection, "opportunity_known", supplier=ctx.supplier)
        }
        rows: list[tuple[Any, ...]] = []
        lines: list[tuple[Any, ...]] = []
        qualified: set[str] = set()
        for key, one in ids.items():
            before, origin = known.get(key), chosen[one]
            if before is None and one.deleted:
                continue  # gone before we ever saw it
            lead_id = origin.lead_id if before is None else before.lead_id
            if before is not None and one.deleted:
                if before.deleted_at is None:
                    rows.append((*_same(before), one.stamp or before.stamp, at))
                    lines.append(
                        _line(lead_id, key, before, "opportunity_deleted", None, {"opportunity": key})
                    )
                    counts["deleted"] += 1
                continue
            values = _values(one, steps)
            if before is None:
                qualified.add(lead_id)
                counts["created"] += 1
                lines.append(
                    _line(lead_id, key, None, "opportunity_created", None, {"opportunity": key} | values)
                )
            else:
                old = {name: getattr(before, name) for name in TOLD}
                changed = [name for name in TOLD if old[name] != values[name]]
                if not changed and before.deleted_at is None:
                    continue
                counts["changed"] += 1
                after = {"opportunity": key} | {name: values[name] for name in changed}
                told = {name: old[name] for name in changed}
                lines.append(_line(lead_id, key, before, "opportunity_updated", told, after))
            place = (
                _place(before) if before is not None else (account_id, one.record_id, *_of(origin), one.by)
            )
            rows.append((key, *place, *(values[name] for name in TOLD), one.stamp, None))
        _write(hub, connection, ctx, rows, lines, qualified, at)
    return counts


def _chosen(
    found: Sequence[CrmOpportunity], origins: Mapping[str, Sequence[Origin]]
) -> dict[CrmOpportunity, Origin]:
    best: dict[str, tuple[tuple[bool, int, str], CrmOpportunity, Origin]] = {}
    for one in map(with_storable_texts, found):
        for origin in origins.get(one.origin, ()):
            rank = (one.by == "originating", origin.assigned_at, origin.assignment_id)
            if one.record_id not in best or rank > best[one.record_id][0]:
                best[one.record_id] = (rank, one, origin)
    return {one: origin for _, one, origin in best.values()}


def _values(one: CrmOpportunity, steps: Sequence[int]) -> dict[str, Any]:
    lost = one.is_closed and not one.is_won
    return {
        "name": one.name,
        "stage": one.stage,
        "status": WON if one.is_won else LOST if lost else OPEN,
        "probability": probability_step(one.probability, steps, lost=lost),
        "reported_probability": None if one.probability is None else f"{one.probability:g}",
        "amount": one.amount,
        "currency": one.currency,
        "close_date": one.close_date,
        "owner_name": one.owner.name if one.owner else None,
        "owner_email": one.owner.email if one.owner else None,
    }


def _of(origin: Origin) -> tuple[str, str, str]:
    return origin.lead_id, origin.assignment_id, origin.partner_id


def _place(row: Any) -> tuple[Any, ...]:
    return row.account_id, row.record_id, row.lead_id, row.assignment_id, row.partner_id, row.found_by


def _same(row: Any) -> tuple[Any, ...]:
    return (row.opportunity_id, *_place(row), *(getattr(row, name) for name in TOLD))


def _line(
    lead_id: str, key: str, before: Any, kind: str, old: dict[str, Any] | None, new: dict[str, Any]
) -> tuple[Any, ...]:
    # What stood there before makes this change this one: it may come twice over the years.
    event_id = history_id(key, kind, None if before is None else before.updated_at)
    return lead_id, event_id, kind, None if old is None else _written(old), _written(new)


def _write(
    hub: Hub,
    connection: Connection,
    ctx: RunContext,
    rows: Sequence[tuple[Any, ...]],
    lines: list[tuple[Any, ...]],
    qualified: set[str],
    at: int,
) -> None:
    if not rows:
        return
    hub.load(connection, "opportunity", _COLUMNS, rows)
    hub.run(connection, "opportunity_keep", supplier=ctx.supplier, run_id=ctx.run_id, at=at)
    if qualified:
        hub.load(connection, "lead", ("lead_id",), [(one,) for one in sorted(qualified)])
        found = hub.run(connection, "opportunity_leads", supplier=ctx.supplier, status=SalesStatus.QUALIFIED)
        for row in found.all():
            after = {"sales_status": SalesStatus.QUALIFIED, "cause": "opportunity"}
            event_id = history_id(row.lead_id, "sales_status", row.updated_at)
            before = _written({"sales_status": row.sales_status})
            lines.append((row.lead_id, event_id, "sales_status", before, _written(after)))
        hub.run(
            connection, "opportunity_qualifies", supplier=ctx.supplier, status=SalesStatus.QUALIFIED, at=at
        )
    hub.load(connection, "history", ("lead_id", "event_id", "kind", "before", "after"), lines)
    values = {"run_id": ctx.run_id, "task": ctx.task, "actor": ctx.actor, "now": at}
    hub.run(connection, "history_write", supplier=ctx.supplier, **values)


def _written(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
