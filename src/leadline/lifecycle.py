"""The two axes of a lead's life: where it is in distribution, and how far a partner has come selling.

Axis A, the distribution status, moves along `MOVES` only; each move names its cause. Axis B, the sales
status, moves freely among its five values. The axes are independent (docs: domain terms, "life cycle").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from leadline.hub import now_us
from leadline.hub.keys import history_id
from leadline.hub.schema import assignment, history, lead
from leadline.runs import RunContext


class DistributionStatus(StrEnum):
    """Where a lead, or one assignment of it, stands in distribution."""

    UNASSIGNED = "unassigned"
    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REROUTED = "rerouted"
    DEACTIVATED = "deactivated"


class SalesStatus(StrEnum):
    """How far a partner has come with a lead."""

    OPEN = "open"
    CONTACTED = "contacted"
    NURTURE = "nurture"
    QUALIFIED = "qualified"
    UNQUALIFIED = "unqualified"


_D = DistributionStatus

MOVES: Mapping[DistributionStatus, frozenset[DistributionStatus]] = {
    _D.UNASSIGNED: frozenset({_D.PENDING, _D.DEACTIVATED}),
    _D.PENDING: frozenset({_D.ACCEPTED, _D.REJECTED, _D.REROUTED, _D.DEACTIVATED}),
    # Final for that partner, but a supplier may still take the lead away.
    _D.ACCEPTED: frozenset({_D.DEACTIVATED}),
    _D.REJECTED: frozenset({_D.REROUTED, _D.DEACTIVATED}),
    _D.REROUTED: frozenset({_D.DEACTIVATED}),
    _D.DEACTIVATED: frozenset(),
}
"""From each distribution status, where an assignment may go. A new assignment always starts pending."""


class Move(StrEnum):
    """What came of asking for a move."""

    MADE = "made"
    ALREADY = "already"  # it stands there: a second click changes nothing
    REFUSED = "refused"  # no such move from where it stands
    UNKNOWN = "unknown"  # no such assignment


def transition(before: DistributionStatus, after: DistributionStatus) -> Move:
    """Return what asking for this move comes to; nothing is changed.

    >>> transition(DistributionStatus.PENDING, DistributionStatus.ACCEPTED)
    <Move.MADE: 'made'>
    """
    if before is after:
        return Move.ALREADY
    return Move.MADE if after in MOVES[before] else Move.REFUSED


@dataclass(frozen=True)
class Reply:
    """What a partner's answer came to; `status` is where the assignment stands now."""

    move: Move
    lead_id: str | None = None
    status: DistributionStatus | None = None


def accept(connection: Connection, ctx: RunContext, assignment_id: str, *, via: str) -> Reply:
    """Accept one assignment for its partner, with its history line.

    The caller's transaction holds the supplier's lock, and queues the delivery (`delivery.queue_first`).

    Args:
        via: Through what the partner spoke: portal, mail, crm, auto_accept.
    """
    return _reply(connection, ctx, assignment_id, _D.ACCEPTED, {"via": via})


def reject(
    connection: Connection,
    ctx: RunContext,
    assignment_id: str,
    *,
    via: str,
    reasons: Mapping[str, str] | None = None,
) -> Reply:
    """Reject one assignment for its partner, with its history line; the lead keeps no active assignment.

    Args:
        via: Through what the partner spoke: portal, mail, crm.
        reasons: By the names of the mapping's rejection fields.
    """
    return _reply(connection, ctx, assignment_id, _D.REJECTED, {"via": via, "reasons": dict(reasons or {})})


def _reply(
    connection: Connection,
    ctx: RunContext,
    assignment_id: str,
    after: DistributionStatus,
    details: Mapping[str, object],
) -> Reply:
    row = connection.execute(
        select(assignment).where(
            assignment.c.supplier == ctx.supplier, assignment.c.assignment_id == assignment_id
        )
    ).one_or_none()
    if row is None:
        return Reply(Move.UNKNOWN)
    before = DistributionStatus(row.status)
    move = transition(before, after)
    if move is Move.MADE and not row.active:
        move = Move.REFUSED  # it was rerouted or taken away meanwhile
    if move is not Move.MADE:
        return Reply(move, row.lead_id, before)
    at = now_us()
    reasons = details.get("reasons")
    kept = after is _D.ACCEPTED
    connection.execute(
        update(assignment)
        .where(assignment.c.supplier == ctx.supplier, assignment.c.assignment_id == assignment_id)
        .values(
            status=after,
            active=kept,
            **({"accepted_at": at} if kept else {"ended_at": at}),
            **({"reasons": _json(reasons)} if isinstance(reasons, dict) and reasons else {}),
        )
    )
    connection.execute(
        update(lead)
        .where(lead.c.supplier == ctx.supplier, lead.c.lead_id == row.lead_id)
        .values(status=after, updated_at=at)
    )
    connection.execute(
        insert(history).values(
            supplier=ctx.supplier,
            lead_id=row.lead_id,
            event_id=history_id(assignment_id, after),
            at=at,
            kind=after.value,
            run_id=ctx.run_id,
            task=ctx.task,
            actor=ctx.actor,
            before=_json({"assignment": assignment_id, "status": before}),
            after=_json(
                {"assignment": assignment_id, "status": after, "partner": row.partner_id} | dict(details)
            ),
        )
    )
    return Reply(move, row.lead_id, after)


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
