"""What routing writes into the hub: decisions, and everything that follows from them.

Everything here runs in the caller's transaction, which holds the supplier's lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from leadline.hub import Hub
from leadline.hub.keys import assignment_ids, first_delivery_ids
from leadline.hub.schema import assignment, delivery, lead, routing_decision
from leadline.lifecycle import DistributionStatus
from leadline.partners import Partner
from leadline.routing.module import Routed
from leadline.routing.reasons import Reason
from leadline.routing.rotation import Turn
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


@dataclass(frozen=True)
class Prepared:
    """Decisions with everything that follows from them, ready to be written.

    Attributes:
        rows: What `load_routed` takes, a row per decision, in the order of the leads' ids: inserting at
            random places of an index costs a quarter more. Deliveries are numbered in the order in which
            their leads were routed.
        assigned, queued: How many of them give the lead a partner, and queue a delivery.
        traces: Bodies of the traces by their ids.
        turns: The rotation after them.
    """

    rows: list[tuple[Any, ...]]
    assigned: int
    queued: int
    traces: Mapping[str, str]
    turns: Mapping[str, Turn]
    module: str


def prepare(supplier: str, module: Module, routed: Sequence[Routed]) -> Prepared:
    """Return what is to be written of a batch that this module has routed."""
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
    return prepare_decisions(supplier, module, decisions, module.traces.taken())


def prepare_decisions(
    supplier: str, module: Module, decisions: Sequence[Decision], traces: Mapping[str, str]
) -> Prepared:
    """Return what is to be written of decisions that are made, and counted in the module's rotation."""
    # Looked up once a partner, not once a lead.
    accepted, pending = DistributionStatus.ACCEPTED.value, DistributionStatus.PENDING.value
    router = module.router
    status = {one.id: accepted if one.auto_accept else pending for one in router.partners}
    takes_pending = {one.id for one in module.accounts if one.takes_pending}
    accounts = {
        one.id: account
        for one in router.partners
        if (account := _account(one)) is not None and (one.auto_accept or account in takes_pending)
    }
    assignments = assignment_ids(supplier, [(one[0], one[1]) for one in decisions])
    deliveries = first_delivery_ids(supplier, assignments)
    rows: list[tuple[Any, ...]] = []
    queued = assigned = 0
    for one, assignment_id, first in zip(decisions, assignments, deliveries, strict=True):
        partner = one[2]
        if partner is None:
            rows.append((*one, _unassigned(one[3]), None, None, None, None))
            continue
        assigned += 1
        if partner in accounts:
            rows.append((*one, status[partner], assignment_id, first, accounts[partner], queued))
            queued += 1
        else:
            rows.append((*one, status[partner], assignment_id, None, None, None))
    rows.sort()
    name = router.mapping.routing.module
    return Prepared(rows, assigned, queued, traces, module.rotation.turns(), name)


def keep(hub: Hub, connection: Connection, ctx: RunContext, prepared: Prepared, at: int) -> None:
    """Write decisions, traces, assignments, rotation, lead status, history and deliveries."""
    load(hub, connection, prepared)
    write(hub, connection, ctx, prepared, at)


def load(hub: Hub, connection: Connection, prepared: Prepared) -> None:
    """Load the decisions, with the ids of what follows: every statement of `write` takes its rows there."""
    hub.load_columns(connection, "load_routed", _LOADED, prepared.rows)


def write(hub: Hub, connection: Connection, ctx: RunContext, prepared: Prepared, at: int) -> None:
    """Write what was loaded in this transaction: the database's work nearly all of it, so others can run."""
    said = {"supplier": ctx.supplier, "run_id": ctx.run_id, "actor": ctx.actor, "at": at}
    if prepared.traces:
        hub.load(connection, "routing_trace", ("trace_id", "body"), prepared.traces.items())
        hub.run(connection, "trace_keep", supplier=ctx.supplier)
    hub.run(connection, "decision_keep", **said)
    hub.run(connection, "decision_leads_routed", supplier=ctx.supplier, at=at)
    if prepared.assigned < len(prepared.rows):
        hub.run(connection, "decision_history", **said, task=ctx.task)
    if prepared.assigned:
        hub.run(connection, "assignment_keep", **said)
        hub.run(connection, "assignment_history", **said, task=ctx.task)
    if prepared.queued:
        kept = hub.run(connection, "assignment_deliver", supplier=ctx.supplier, run_id=ctx.run_id, at=at)
        count_queued(hub, connection, ctx, deliveries=kept.rowcount)
    _keep_rotation(hub, connection, ctx.supplier, prepared)


def _unassigned(reason: str) -> str:
    """Return where a lead stands that nobody got: it waits for a person, or its source took it back."""
    closed = reason == Reason.SOURCE_DELETED.value
    return (DistributionStatus.DEACTIVATED if closed else DistributionStatus.UNASSIGNED).value


def _account(partner: Partner) -> str | None:
    """Return the CRM account to push to; a partner that does not synchronise has none."""
    return partner.crm if partner.synchronize else None


def _keep_rotation(hub: Hub, connection: Connection, supplier: str, prepared: Prepared) -> None:
    """Write every partner's place in the rotation."""
    rows = [
        (
            name,
            str(turn.virtual_time.numerator),
            str(turn.virtual_time.denominator),
            turn.last_sequence,
            turn.present,
        )
        for name, turn in prepared.turns.items()
    ]
    columns = ("partner_id", "numerator", "denominator", "last_sequence", "present")
    hub.load(connection, "rotation", columns, rows)
    hub.run(connection, "rotation_keep", supplier=supplier, module=prepared.module)
