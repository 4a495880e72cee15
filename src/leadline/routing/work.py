"""Routing the leads that wait in the hub: a transaction per batch, under the supplier's lock.

What a transaction has committed is never routed again, so a task that died, or that runs twice at once,
changes nothing more.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from leadline.collector import collector_paused
from leadline.hub import Hub, now_us
from leadline.mapping.model import SupplierMapping
from leadline.routing.keeping import keep
from leadline.routing.module import Routed
from leadline.routing.reasons import Reason
from leadline.routing.store import Module, open_module, waiting_leads
from leadline.runs import RunContext

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RouteCounts:
    """What a routing did: decided = assigned + unassigned; accepted are among the assigned.

    Attributes:
        closed: Among the unassigned: leads that their source took back before they were routed.
        queued: First deliveries of accepted assignments.
        held: Leads left alone, because their pull is held or not judged yet.
        reasons: Decisions by `Reason`.
    """

    decided: int = 0
    assigned: int = 0
    unassigned: int = 0
    accepted: int = 0
    closed: int = 0
    queued: int = 0
    held: int = 0
    reasons: tuple[tuple[str, int], ...] = ()

    def __add__(self, other: RouteCounts) -> RouteCounts:
        return RouteCounts(
            self.decided + other.decided,
            self.assigned + other.assigned,
            self.unassigned + other.unassigned,
            self.accepted + other.accepted,
            self.closed + other.closed,
            self.queued + other.queued,
            self.held + other.held,
            tuple(sorted((Counter(dict(self.reasons)) + Counter(dict(other.reasons))).items())),
        )


def route_waiting(
    hub: Hub, ctx: RunContext, mapping: SupplierMapping, *, dry_run: bool = False, now: int | None = None
) -> RouteCounts:
    """Route every lead of the supplier that waits, in stable order, and say what came of it.

    Leads wait in order of run, batch and row; those of a pull that is held are left alone, and those of one
    that is not judged yet, unless their record came once more in a pull that passed (docs/adr/006). A dry
    run reads one snapshot and writes nothing.

    Args:
        now: UTC microseconds, for absences, caps and times; the present unless given.
    """
    if dry_run:
        return _rehearse(hub, ctx, mapping, now)
    with hub.reading() as connection:
        batches, held = _batches(hub, connection, ctx.supplier)
    counts, module = RouteCounts(held=held), None
    for batch_id, met_again in batches:
        done, module = _route(hub, ctx, mapping, batch_id, now, module, met_again)
        counts += done
    logger.info(
        "%s: routed %d leads in %d batches: %d assigned, %d unassigned, %d held back",
        ctx.supplier,
        counts.decided,
        len(batches),
        counts.assigned,
        counts.unassigned,
        held,
    )
    return counts


def route_batch(
    hub: Hub, ctx: RunContext, mapping: SupplierMapping, batch_id: str, *, now: int | None = None
) -> RouteCounts:
    """Route the waiting leads of one batch in one transaction, whatever waits before it."""
    return _route(hub, ctx, mapping, batch_id, now, None)[0]


def _route(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    batch_id: str,
    now: int | None,
    known: Module | None,
    met_again: bool = False,
) -> tuple[RouteCounts, Module]:
    with collector_paused(), hub.transaction(ctx.supplier) as connection:
        at = now_us() if now is None else now
        module = open_module(hub, connection, ctx, mapping, at, known)
        leads = waiting_leads(hub, connection, ctx.supplier, module.router, batch_id, met_again=met_again)
        if not leads:
            return RouteCounts(), module
        routed = module.router.route(leads, module.rotation, module.campaigns)
        queued = keep(hub, connection, ctx, module, routed, at)
    module.traces.kept()
    return replace(counted(module, routed), queued=queued), module


def _rehearse(hub: Hub, ctx: RunContext, mapping: SupplierMapping, now: int | None) -> RouteCounts:
    with hub.reading() as connection:
        at = now_us() if now is None else now
        batches, held = _batches(hub, connection, ctx.supplier)
        module = open_module(hub, connection, ctx, mapping, at)
        counts = RouteCounts(held=held)
        for batch_id, met_again in batches:
            leads = waiting_leads(hub, connection, ctx.supplier, module.router, batch_id, met_again=met_again)
            counts += counted(module, module.router.route(leads, module.rotation, module.campaigns))
    return counts


def _batches(hub: Hub, connection: Connection, supplier: str) -> tuple[list[tuple[str, bool]], int]:
    """Return the batches with leads to route, in order, and how many leads must wait.

    With each batch: whether only those of its leads may go whose record came again.
    """
    batches, held = [], 0
    for row in hub.run(connection, "decision_batches", supplier=supplier).all():
        if row.pull_run is None or row.judged not in (None, "held"):
            batches.append((row.first_batch, False))
            continue
        # A pull that is not judged yet may still turn out to be held.
        met = 0
        if row.judged is None:
            values = {"supplier": supplier, "batch_id": row.first_batch}
            met = hub.run(connection, "decision_met_again_count", **values).scalar_one()
        if met:
            batches.append((row.first_batch, True))
        held += row.leads - met
    return batches, held


def counted(module: Module, routed: Sequence[Routed]) -> RouteCounts:
    """Return the counts of decisions, whether kept or rehearsed."""
    accepting = [one.auto_accept for one in module.router.partners]
    reasons = Counter(one.reason.value for one in routed)
    assigned = [one.place for one in routed if one.place is not None]
    return RouteCounts(
        decided=len(routed),
        assigned=len(assigned),
        unassigned=len(routed) - len(assigned),
        accepted=sum(accepting[place] for place in assigned),
        closed=reasons[Reason.SOURCE_DELETED.value],
        reasons=tuple(sorted((reason, count) for reason, count in reasons.items() if count)),
    )
