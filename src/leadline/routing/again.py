"""Another attempt for leads that were decided before: by a person, or by the rules without those who had it.

Both take the supplier's lock, count in the rotation and leave a trace, as the first routing does (R3, R6).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from leadline.errors import ActionRefused
from leadline.hub import Hub, now_us
from leadline.hub.keys import assignment_id, digest
from leadline.lifecycle import DistributionStatus, Move, transition
from leadline.mapping.model import SupplierMapping
from leadline.routing.columns import Waiting, written
from leadline.routing.keeping import keep, prepare, prepare_decisions
from leadline.routing.overdue import overdue_before
from leadline.routing.reasons import Reason
from leadline.routing.store import Module, fields, open_module
from leadline.routing.work import RouteCounts, counted
from leadline.runs import RunContext

logger = logging.getLogger(__name__)

CHUNK_LEADS = 20_000


@dataclass(frozen=True)
class _Known:
    """A lead with what became of it so far; `last` is its newest assignment."""

    waiting: Waiting
    status: DistributionStatus
    last: _Assignment | None


@dataclass(frozen=True)
class _Assignment:
    assignment_id: str
    partner_id: str
    status: DistributionStatus
    active: bool


def assign_manually(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    lead_id: str,
    partner_id: str,
    actor: str,
    *,
    now: int | None = None,
) -> str:
    """Assign a lead to a partner because a person says so; return the assignment's id.

    A pending assignment to somebody else ends as rerouted. Asking again for the partner that has it changes
    nothing. Caps and absences do not bind a person, but the assignment counts in the rotation.

    Args:
        actor: Who says so, for history and trace.

    Raises:
        ActionRefused: No such lead or active partner; the lead is accepted, or closed.
    """
    ctx = replace(ctx, actor=actor)
    with hub.transaction(ctx.supplier) as connection:
        at = now_us() if now is None else now
        known = next(iter(_known(hub, connection, ctx.supplier, [lead_id])), None)
        if known is None:
            raise ActionRefused(f"{ctx.supplier} has no lead {lead_id}")
        last = known.last
        if last is not None and last.active and last.partner_id == partner_id:
            return last.assignment_id
        if known.waiting.source_deleted or known.status is DistributionStatus.DEACTIVATED:
            raise ActionRefused(f"lead {lead_id} is closed")
        if last is not None and last.active and not _can_end(last):
            raise ActionRefused(f"lead {lead_id} is {last.status} by {last.partner_id}, which is final")
        module = open_module(hub, connection, ctx, mapping, at)
        places = {one.id: place for place, one in enumerate(module.router.partners)}
        if partner_id not in places:
            raise ActionRefused(f"{ctx.supplier} has no active partner '{partner_id}'")
        _end(hub, connection, ctx, [known], at)
        module.rotation.count(places[partner_id])
        trace_id, trace = _manual_trace(ctx, mapping, last)
        attempt = known.waiting.attempt + 1
        details = f'{{"actor":{written(actor)}}}'
        decision = (lead_id, attempt, partner_id, Reason.MANUAL.value, trace_id, details)
        keep(hub, connection, ctx, prepare_decisions(ctx.supplier, module, [decision], {trace_id: trace}), at)
    logger.info("%s: lead %s assigned to %s by hand", ctx.supplier, lead_id, partner_id)
    return assignment_id(ctx.supplier, lead_id, attempt)


def reroute(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    lead_ids: Iterable[str],
    *,
    attempts: Mapping[str, int] | None = None,
    now: int | None = None,
) -> RouteCounts:
    """Route leads once more, never to a partner that had them; return what came of it.

    For leads whose assignment was rejected, or waits too long: it ends as rerouted, and the next attempt
    follows the same rules. Nobody left: unassigned. Leads that nobody got before are tried again. Accepted
    and closed ones, those not yet routed, and unknown ids are left alone.

    Args:
        attempts: By lead id, which attempt is to end: leads that went on since then are left alone.
    """
    with hub.transaction(ctx.supplier) as connection:
        at = now_us() if now is None else now
        known = _known(hub, connection, ctx.supplier, lead_ids)
        found = [one for one in known if _can_go_on(one) and _stands_at(attempts, one.waiting)]
        if not found:
            return RouteCounts()
        module: Module = open_module(hub, connection, ctx, mapping, at)
        _end(hub, connection, ctx, found, at)
        routed = module.router.route([one.waiting for one in found], module.rotation, module.campaigns)
        prepared = prepare(ctx.supplier, module, routed)
        keep(hub, connection, ctx, prepared, at)
    logger.info("%s: rerouted %d leads", ctx.supplier, len(found))
    return replace(counted(module, routed), queued=prepared.queued)


def reroute_overdue(
    hub: Hub, ctx: RunContext, mapping: SupplierMapping, *, now: int | None = None
) -> RouteCounts:
    """Route leads anew that their partner left too long, or rejected, as the mapping says (R6).

    Args:
        now: UTC microseconds; the present unless given.
    """
    rule = mapping.routing.reroute
    counts = RouteCounts()
    if not rule.wanted:
        return counts
    at = now_us() if now is None else now
    before = overdue_before(rule, at)
    with hub.reading() as connection:
        found = hub.run(
            connection,
            "assignment_overdue",
            supplier=ctx.supplier,
            before=-1 if before is None else before,
            table_rejected=rule.on_rejection,
        )
        attempts = dict(map(tuple, found))
    leads = list(attempts)
    for first in range(0, len(leads), CHUNK_LEADS):
        chunk = leads[first : first + CHUNK_LEADS]
        # A task that runs twice at once would else take leads from partners that just got them.
        counts += reroute(hub, ctx, mapping, chunk, attempts=attempts, now=now)
    return counts


def _can_end(one: _Assignment) -> bool:
    return transition(one.status, DistributionStatus.REROUTED) is Move.MADE


def _can_go_on(one: _Known) -> bool:
    if one.waiting.source_deleted or one.status is DistributionStatus.DEACTIVATED or not one.waiting.attempt:
        return False
    return one.last is None or not one.last.active or _can_end(one.last)


def _stands_at(attempts: Mapping[str, int] | None, lead: Waiting) -> bool:
    return attempts is None or attempts.get(lead.lead_id) == lead.attempt


def _known(hub: Hub, connection: Connection, supplier: str, lead_ids: Iterable[str]) -> list[_Known]:
    """Return leads in the order in which they were received, each once."""
    hub.load(connection, "lead", ("lead_id",), [(one,) for one in dict.fromkeys(lead_ids)])
    rows: dict[str, list[Any]] = {}
    for row in hub.run(connection, "assignment_of_leads", supplier=supplier):
        rows.setdefault(row.lead_id, []).append(row)
    found = []
    for lead_id, attempts in rows.items():
        row = attempts[-1]
        had = frozenset(one.partner_id for one in attempts if one.partner_id is not None)
        last = None
        if row.assignment_id is not None:
            status = DistributionStatus(row.assignment_status)
            last = _Assignment(row.assignment_id, row.partner_id, status, bool(row.active))
        waiting = Waiting(
            lead_id,
            fields(row.attributes, row.email),
            row.preassigned,
            row.campaign_key,
            row.attempt,
            had,
            bool(row.source_deleted),
        )
        found.append(_Known(waiting, DistributionStatus(row.status), last))
    return found


def _end(hub: Hub, connection: Connection, ctx: RunContext, leads: Iterable[_Known], at: int) -> None:
    """End the newest assignments of leads that go on to somebody else, each with its history line."""
    ending = [
        (one.last.assignment_id, one.waiting.lead_id, one.last.partner_id, one.last.status.value)
        for one in leads
        if one.last is not None and _can_end(one.last)
    ]
    if not ending:
        return
    hub.load(connection, "assignment", ("assignment_id", "lead_id", "partner_id", "status"), ending)
    said = {"supplier": ctx.supplier, "run_id": ctx.run_id, "actor": ctx.actor, "task": ctx.task}
    hub.run(connection, "assignment_end_history", **said, at=at)
    hub.run(connection, "assignment_end", supplier=ctx.supplier, at=at)


def _manual_trace(ctx: RunContext, mapping: SupplierMapping, last: _Assignment | None) -> tuple[str, str]:
    body = {
        "kind": "manual",
        "mapping_hash": ctx.mapping_hash,
        "rules_hash": ctx.rules_hash,
        "module": mapping.routing.module,
        "reason": Reason.MANUAL.value,
        "from": last.partner_id if last is not None else None,
    }
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    return digest(text), text
