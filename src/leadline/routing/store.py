"""Routing's side of the hub: leads, partners and rotation in; decisions and all that follows out.

Everything here runs in the caller's transaction, which holds the supplier's lock where it writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection

from leadline.hub import Hub
from leadline.hub.keys import assignment_ids, first_delivery_ids
from leadline.lifecycle import DistributionStatus
from leadline.mapping.model import SupplierMapping
from leadline.partners import Partner, load_accounts, load_partners
from leadline.routing.availability import cap_starts
from leadline.routing.columns import Waiting
from leadline.routing.module import Routed, Router
from leadline.routing.rotation import Rotation, Turn
from leadline.routing.trace import Traces
from leadline.runs import RunContext, count_queued

Campaigns = Mapping[str, Mapping[str, Any]]

_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Module:
    """One module as the hub has it now: what routes, what turns, and the campaigns rules may ask for."""

    router: Router
    rotation: Rotation
    traces: Traces
    campaigns: Campaigns


def open_module(
    hub: Hub,
    connection: Connection,
    supplier: str,
    mapping: SupplierMapping,
    rules_hash: str,
    now: int,
    known: Module | None = None,
) -> Module:
    """Return the module with its rotation as the hub has it; `known` is reused while its partners stay.

    Args:
        now: UTC microseconds, for absences and caps.
    """
    partners = load_partners(hub, connection, supplier)
    router = Router.of(mapping, partners)
    if known is not None and known.router == router:
        router, traces = known.router, known.traces
    else:
        traces = Traces(router, rules_hash)
    rotation = router.rotation(
        _turns(hub, connection, supplier, mapping.routing.module),
        now,
        _assigned(hub, connection, supplier, mapping, partners, now),
    )
    asks = any(side == "campaign" for side, _ in router.narrowing.compared)
    campaigns = load_campaigns(hub, connection, supplier) if asks else {}
    return Module(router, rotation, traces, campaigns)


def _turns(hub: Hub, connection: Connection, supplier: str, module: str) -> dict[str, Turn]:
    return {
        row.partner_id: Turn(
            Fraction(int(row.numerator), int(row.denominator)), row.last_sequence, bool(row.present)
        )
        for row in hub.run(connection, "rotation_state", supplier=supplier, module=module)
    }


def _assigned(
    hub: Hub,
    connection: Connection,
    supplier: str,
    mapping: SupplierMapping,
    partners: Sequence[Partner],
    now: int,
) -> dict[str, int]:
    starts = cap_starts(partners, mapping.routing.cap, now)
    counts = {
        since: dict(map(tuple, hub.run(connection, "rotation_period", supplier=supplier, since=since)))
        for since in set(starts.values())
    }
    return {name: counts[since].get(name, 0) for name, since in starts.items()}


def load_campaigns(hub: Hub, connection: Connection, supplier: str) -> dict[str, dict[str, Any]]:
    """Return the fields of every campaign by its key; `name` is among them."""
    return {
        row.campaign_key: {"name": row.name, **decoded(row.attributes)}
        for row in hub.run(connection, "decision_campaigns", supplier=supplier)
    }


def waiting_leads(
    hub: Hub, connection: Connection, supplier: str, router: Router, batch_id: str, *, met_again: bool = False
) -> list[Waiting]:
    """Return one batch's leads that wait for routing, in stable order, with the fields that rules look at.

    Args:
        met_again: Only those whose record came once more in a pull that passed.
    """
    names = [name for side, name in router.narrowing.compared if side == "lead"]
    found = hub.run(
        connection,
        "decision_leads",
        supplier=supplier,
        batch_id=batch_id,
        table_fields=names,
        table_met_again=met_again,
    )
    rows: Sequence[Any] = found.all()
    # One parse of all of them costs half of as many single ones.
    parsed = json.loads(f"[{','.join([row[1] for row in rows])}]")
    email = "email" in names
    return [
        Waiting(
            lead,
            _with_email(values, address) if email else values,
            preassigned,
            campaign,
            attempt,
            _NOBODY,
            bool(deleted),
        )
        for (lead, _, address, preassigned, campaign, attempt, deleted), values in zip(
            rows, parsed, strict=True
        )
    ]


def fields(attributes: str, email: str) -> dict[str, Any]:
    """Return a lead's mapped fields by name from its hub row."""
    return _with_email(decoded(attributes), email)


def _with_email(values: dict[str, Any], email: str) -> dict[str, Any]:
    if values.get("email") is None:
        values["email"] = email
    return values


def decoded(attributes: Any) -> dict[str, Any]:
    """Return a JSON column as a dict, from whichever form the driver gives."""
    found: dict[str, Any] = json.loads(attributes) if isinstance(attributes, str | bytes) else attributes
    return found


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
            "unassigned" if one.place is None else "assigned",
            None if one.place is None else partners[one.place],
            str(one.reason),  # `.value` is looked up in Python, and costs ten times as much
            trace_id(one),
            details(one, rotation, campaigns),
        )
        for one in routed
    ]
    return store(hub, connection, ctx, decisions, module.traces.taken(), rotation, module.router, at)


Decision = tuple[str, int, str, str | None, str, str, str]
"""lead id, attempt, outcome, partner id, reason, trace id, details."""


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
    """Write decisions that are made, with everything that follows from them; return deliveries queued."""
    accepted = DistributionStatus.ACCEPTED.value
    # Looked up once a partner, not once a lead.
    status = {
        one.id: accepted if one.auto_accept else DistributionStatus.PENDING.value for one in router.partners
    }
    given = [one for one in decisions if one[3] is not None]
    ids = assignment_ids(ctx.supplier, ((one[0], one[1]) for one in given))
    assignments: list[tuple[str, str, int, str, str, str]] = [
        (id_, lead, attempt, partner, status[partner], reason)  # type: ignore[index, misc]
        for id_, (lead, attempt, _, partner, reason, _, _) in zip(ids, given, strict=True)
    ]
    takes_pending = {one.id for one in load_accounts(hub, connection, ctx.supplier) if one.takes_pending}
    accounts = {
        one.id: account
        for one in router.partners
        if (account := _account(one)) is not None and (one.auto_accept or account in takes_pending)
    }
    due = [one for one in assignments if one[3] in accounts]
    deliveries = [
        (id_, one, lead, partner, accounts[partner], at + number)
        for number, (id_, (one, lead, _, partner, _, _)) in enumerate(
            zip(first_delivery_ids(ctx.supplier, (one[0] for one in due)), due, strict=True)
        )
    ]
    said = {"supplier": ctx.supplier, "run_id": ctx.run_id, "actor": ctx.actor, "at": at}
    versions = {"mapping_hash": ctx.mapping_hash, "rules_hash": ctx.rules_hash}
    if traces:
        hub.load(connection, "routing_trace", ("trace_id", "body"), traces.items())
        hub.run(connection, "trace_keep", supplier=ctx.supplier)
    names = ("lead_id", "attempt", "outcome", "partner_id", "reason", "trace_id", "details")
    hub.load(connection, "routing_decision", names, decisions)
    hub.run(connection, "decision_keep", **said, **versions)
    if len(assignments) < len(decisions):
        hub.run(connection, "decision_leads_unassigned", supplier=ctx.supplier, at=at)
        hub.run(connection, "decision_history", **said, task=ctx.task)
    if assignments:
        _keep_assignments(hub, connection, assignments, said, ctx.task)
    if deliveries:
        columns = ("delivery_id", "assignment_id", "lead_id", "partner_id", "account_id", "queued_at")
        hub.load(connection, "delivery", columns, deliveries)
        queued = hub.run(connection, "assignment_deliver", supplier=ctx.supplier, run_id=ctx.run_id)
        count_queued(hub, connection, ctx, deliveries=queued.rowcount)
    keep_rotation(hub, connection, ctx.supplier, router.mapping.routing.module, rotation.turns())
    return len(deliveries)


def _keep_assignments(
    hub: Hub, connection: Connection, rows: Iterable[Sequence[Any]], said: Mapping[str, Any], task: str
) -> None:
    columns = ("assignment_id", "lead_id", "attempt", "partner_id", "status", "cause")
    hub.load(connection, "assignment", columns, rows)
    hub.run(connection, "assignment_keep", **said)
    hub.run(connection, "assignment_leads", supplier=said["supplier"], at=said["at"])
    hub.run(connection, "assignment_history", **said, task=task)


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
