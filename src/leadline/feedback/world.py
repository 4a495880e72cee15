"""What the hub holds of some CRM records, read and written: their last sight, and the leads they carry."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from leadline.hub import Hub
from leadline.hub.keys import email_key, history_id
from leadline.runs import RunContext

Trouble = tuple[str, str, str, str]
"""(code, detail, message, severity) of what an operator should look at; never a lead's value."""

_SEEN = (
    "record_id",
    "object",
    "stamp",
    "status",
    "distribution",
    "owner",
    "fields",
    "unmapped",
    "troubles",
    "missing_since",
    "gone_at",
    "reread",
)


@dataclass
class Lead:
    """A lead as far as its partner's CRM can change it."""

    lead_id: str
    email: str
    sales_status: str
    attributes: dict[str, Any] = field(repr=False)
    partner_changes: dict[str, Any] = field(repr=False)
    changed: bool = False


@dataclass
class Holder:
    """One assignment that a CRM record serves."""

    assignment_id: str
    partner_id: str
    lead: Lead
    created: bool  # the record was made for it
    active: bool
    status: str
    rep_name: str | None = field(repr=False)
    rep_email: str | None = field(repr=False)
    rep_changed: bool = False


@dataclass
class Seen:
    """How a record looked when it was last read; `known` is false at first sight."""

    record_id: str
    object: str
    known: bool = False
    seen_at: int = 0
    stamp: str | None = None
    status: str | None = None
    distribution: str | None = None
    owner: list[str | None] | None = field(default=None, repr=False)
    fields: dict[str, str | None] = field(default_factory=dict, repr=False)
    unmapped: bool = False
    troubles: list[Trouble] = field(default_factory=list)
    missing_since: int | None = None
    gone_at: int | None = None
    reread: bool = False


@dataclass
class World:
    """Records by their id, and what is to be written about them."""

    seen: dict[str, Seen] = field(default_factory=dict)
    holders: dict[str, list[Holder]] = field(default_factory=dict)
    kept: dict[str, Seen] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    moved: list[tuple[str, str, str]] = field(default_factory=list)  # assignment, object, record
    lines: list[tuple[str, str, str, str | None, str]] = field(default_factory=list, repr=False)

    def tell(self, seen: Seen, holder: Holder, kind: str, before: object, after: dict[str, Any]) -> None:
        """Add a history line to a holder's lead; what was seen before makes it this one."""
        event_id = history_id(holder.assignment_id, seen.record_id, kind, seen.seen_at, written(after))
        line = (holder.lead.lead_id, event_id, kind, None if before is None else written(before))
        self.lines.append((*line, written({"assignment": holder.assignment_id} | after)))


def written(value: object) -> str:
    """Return a value as the hub's JSON text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def read_world(hub: Hub, connection: Connection, ctx: RunContext, account: str, ids: Iterable[str]) -> World:
    """Return what the hub holds of these records of an account."""
    world, leads = World(), dict[str, Lead]()
    hub.load(connection, "crm_record", ("record_id",), ((one,) for one in dict.fromkeys(ids)))
    ours = {"supplier": ctx.supplier, "account_id": account}
    for row in hub.run(connection, "feedback_seen", **ours):
        world.seen[row.record_id] = Seen(
            row.record_id,
            row.object,
            True,
            row.seen_at,
            row.stamp,
            row.status,
            row.distribution,
            _loaded(row.owner, None),
            _loaded(row.fields, {}),
            bool(row.unmapped),
            [(one[0], one[1], one[2], one[3]) for one in _loaded(row.troubles, [])],
            row.missing_since,
            row.gone_at,
            bool(row.reread),
        )
    for row in hub.run(connection, "feedback_holders", **ours):
        lead = leads.setdefault(
            row.lead_id,
            Lead(
                row.lead_id,
                row.email,
                row.sales_status,
                _loaded(row.attributes, {}),
                _loaded(row.partner_changes, {}),
            ),
        )
        world.holders.setdefault(row.record_id, []).append(
            Holder(
                row.assignment_id,
                row.partner_id,
                lead,
                bool(row.created),
                bool(row.active),
                row.status,
                row.rep_name,
                row.rep_email,
            )
        )
        world.seen.setdefault(row.record_id, Seen(row.record_id, row.object))
    return world


def write_world(
    hub: Hub, connection: Connection, ctx: RunContext, account: str, world: World, at: int
) -> None:
    """Write what changed, in the caller's transaction."""
    ours = {"supplier": ctx.supplier, "account_id": account}
    leads: dict[str, Lead] = {}
    reps: dict[str, Holder] = {}
    for holder in (one for holders in world.holders.values() for one in holders):
        if holder.rep_changed:
            reps[holder.assignment_id] = holder
        if holder.lead.changed or holder.rep_changed:
            leads[holder.lead.lead_id] = holder.lead
    if leads:
        columns = ("lead_id", "email", "email_key", "attributes", "sales_status", "partner_changes")
        hub.load(connection, "lead", columns, [_lead_row(one) for one in leads.values()])
        hub.run(connection, "feedback_lead_change", supplier=ctx.supplier, at=at)
    if reps:
        rows = [(one.assignment_id, one.rep_name, one.rep_email) for one in reps.values()]
        hub.load(connection, "assignment", ("assignment_id", "rep_name", "rep_email"), rows)
        hub.run(connection, "feedback_rep", supplier=ctx.supplier)
        hub.run(connection, "opportunity_look_at_leads", supplier=ctx.supplier)
    if world.forgotten:
        hub.load(connection, "crm_seen", ("record_id",), [(one,) for one in sorted(world.forgotten)])
        hub.run(connection, "feedback_seen_forget", **ours)
    if world.kept:
        hub.load(connection, "crm_seen", _SEEN, [_seen_row(one) for one in world.kept.values()])
        hub.run(connection, "feedback_seen_keep", **ours, run_id=ctx.run_id, at=at)
    if world.moved:
        hub.load(connection, "crm_record", ("assignment_id", "object", "record_id"), world.moved)
        hub.run(connection, "feedback_record_move", **ours)
    write_lines(hub, connection, ctx, world.lines, at)


def write_lines(
    hub: Hub, connection: Connection, ctx: RunContext, lines: Sequence[tuple[Any, ...]], at: int
) -> None:
    """Write history lines: (lead id, event id, kind, before, after)."""
    if not lines:
        return
    hub.load(connection, "history", ("lead_id", "event_id", "kind", "before", "after"), lines)
    values = {"run_id": ctx.run_id, "task": ctx.task, "actor": ctx.actor, "now": at}
    hub.run(connection, "history_write", supplier=ctx.supplier, **values)


def _lead_row(one: Lead) -> tuple[Any, ...]:
    changes = written(one.partner_changes) if one.partner_changes else None
    attributes = written(one.attributes)
    return one.lead_id, one.email, email_key(one.email), attributes, one.sales_status, changes


def _seen_row(one: Seen) -> tuple[Any, ...]:
    return (
        one.record_id,
        one.object,
        one.stamp,
        one.status,
        one.distribution,
        None if one.owner is None else written(one.owner),
        written(one.fields) if one.fields else None,
        one.unmapped,
        written(one.troubles) if one.troubles else None,
        one.missing_since,
        one.gone_at,
        one.reread,
    )


def _loaded(value: Any, otherwise: Any) -> Any:
    if value is None:
        return otherwise
    return json.loads(value) if isinstance(value, str) else value
