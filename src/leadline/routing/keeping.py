"""What routing writes into the hub: decisions, and everything that follows from them.

Everything here runs in the caller's transaction, which holds the supplier's lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from leadline.hub import Hub
from leadline.hub.keys import assignment_ids, first_delivery_ids
from leadline.hub.schema import assignment, delivery, lead, routing_decision
from leadline.lifecycle import DistributionStatus
from leadline.partners import Partner, load_accounts
from leadline.routing.module import Routed, Router
from leadline.routing.reasons import Reason
from leadline.routing.rotation import Rotation, Turn
from leadline.routing.store import Module
from leadline.runs import RunContext, count_queued

Decision = tuple[str, int, str | None, str, str, str]
"""lead id, attempt, partner id (None: unassigned), reason, trace id, details."""

_LOADED = (
    *(
        routing_decision.c[name]
        for name in ("lead_id", "attempt", "partner_id", "reason", "trace_id", "details")
    ),
    lead.c.status,
    assignment.c.assignment_id,
    delivery.c.delivery_id,
    delivery.c.account_id,
    delivery.c.queued_at,
)


def keep(
    hub: Hub, connection: Connection, ctx: RunContext, module: Module, routed: Sequence[Routed], at: int
) -> int:
    """Write decisions, traces, assignments, rotation, lead status, history and deliveries.

    Returns:
        How many deliveries were queued.
    """
    trace_id, details = module.traces.trace_id, module.traces.details
    rotation, campaigns = module.rotation, module.campaigns
    partners = [one.id for one in module.router.partners]
    decisions = [
        (
            one.lead.lead_id,
            one.lead.attempt + 1,
            None if one.place is None else partners[one.place],
            str(one.reason),  # `.value` is looked up in Python, and costs ten times as much
            trace_id(one),
            details(one, rotation, campaigns),
        )
        for one in routed
    ]
    return store(hub, connection, ctx, decisions, module.traces.taken(), rotation, module.router, at)


def store(
    hub: Hub,
    connection: Connection,
    ctx: RunContext,
    decisions: Sequence[Decision],
    traces: Mapping[str, str],
    rotation: Rotation,
    router: Router,
    at: int,
) -> int:
    """Write decisions that are made, with everything that follows from them; return deliveries queued.

    Decisions are loaded once, with the ids of what follows, and every statement takes its rows from there.
    """
    rows, queued = _rows(hub, connection, ctx, decisions, router, at)
    assigned = sum(one[2] is not None for one in decisions)
    said = {"supplier": ctx.supplier, "run_id": ctx.run_id, "actor": ctx.actor, "at": at}
    if traces:
        hub.load(connection, "routing_trace", ("trace_id", "body"), traces.items())
        hub.run(connection, "trace_keep", supplier=ctx.supplier)
    hub.load_columns(connection, "load_routed", _LOADED, rows)
    hub.run(connection, "decision_keep", **said)
    hub.run(connection, "decision_leads_routed", supplier=ctx.supplier, at=at)
    if assigned < len(decisions):
        hub.run(connection, "decision_history", **said, task=ctx.task)
    if assigned:
        hub.run(connection, "assignment_keep", **said)
        hub.run(connection, "assignment_history", **said, task=ctx.task)
    if queued:
        kept = hub.run(connection, "assignment_deliver", supplier=ctx.supplier, run_id=ctx.run_id)
        count_queued(hub, connection, ctx, deliveries=kept.rowcount)
    keep_rotation(hub, connection, ctx.supplier, router.mapping.routing.module, rotation.turns())
    return queued


def _rows(
    hub: Hub, connection: Connection, ctx: RunContext, decisions: Sequence[Decision], router: Router, at: int
) -> tuple[list[tuple[Any, ...]], int]:
    """Return what `load_routed` takes, a row per decision, and how many of them queue a delivery.

    In the order of the leads' ids: inserting at random places of an index costs a quarter more.
    """
    # Looked up once a partner, not once a lead.
    accepted, pending = DistributionStatus.ACCEPTED.value, DistributionStatus.PENDING.value
    status = {one.id: accepted if one.auto_accept else pending for one in router.partners}
    takes_pending = {one.id for one in load_accounts(hub, connection, ctx.supplier) if one.takes_pending}
    accounts = {
        one.id: account
        for one in router.partners
        if (account := _account(one)) is not None and (one.auto_accept or account in takes_pending)
    }
    assignments = assignment_ids(ctx.supplier, [(one[0], one[1]) for one in decisions])
    deliveries = first_delivery_ids(ctx.supplier, assignments)
    rows: list[tuple[Any, ...]] = []
    queued = 0
    for one, assigned, first in zip(decisions, assignments, deliveries, strict=True):
        partner = one[2]
        if partner is None:
            rows.append((*one, _unassigned(one[3]), None, None, None, None))
        elif partner in accounts:
            # One delivery a microsecond: they go in the order in which their leads were routed.
            rows.append((*one, status[partner], assigned, first, accounts[partner], at + queued))
            queued += 1
        else:
            rows.append((*one, status[partner], assigned, None, None, None))
    rows.sort()
    return rows, queued


def _unassigned(reason: str) -> str:
    """Return where a lead stands that nobody got: it waits for a person, or its source took it back."""
    closed = reason == Reason.SOURCE_DELETED.value
    return (DistributionStatus.DEACTIVATED if closed else DistributionStatus.UNASSIGNED).value


def _account(partner: Partner) -> str | None:
    """Return the CRM account to push to; a partner that does not synchronise has none."""
    return partner.crm if partner.synchronize else None


def keep_rotation(
    hub: Hub, connection: Connection, supplier: str, module: str, turns: Mapping[str, Turn]
) -> None:
    """Write every partner's place in the rotation."""
    rows = [
        (
            name,
            str(turn.virtual_time.numerator),
            str(turn.virtual_time.denominator),
            turn.last_sequence,
            turn.present,
        )
        for name, turn in turns.items()
    ]
    columns = ("partner_id", "numerator", "denominator", "last_sequence", "present")
    hub.load(connection, "rotation", columns, rows)
    hub.run(connection, "rotation_keep", supplier=supplier, module=module)
