"""Routing the leads that wait in the hub: a transaction per batch, under the supplier's lock.

What a transaction has committed is never routed again, so a task that died, or that runs twice at once,
changes nothing more. While the database writes a batch, the next is decided as it will be then.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from leadline.collector import collector_paused
from leadline.hub import Hub, now_us
from leadline.keeper import Keeper
from leadline.mapping.model import SupplierMapping
from leadline.routing.columns import Waiting
from leadline.routing.keeping import Prepared, load, prepare, write
from leadline.routing.module import Routed
from leadline.routing.reasons import Reason
from leadline.routing.store import Module, open_module, waiting_leads
from leadline.runs import RunContext

logger = logging.getLogger(__name__)

Batch = tuple[str, bool]
"""Its id, and whether only those of its leads may go whose record came again."""


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
    counts = RouteCounts(held=held) + _route(hub, ctx, mapping, batches, now)
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
    return _route(hub, ctx, mapping, [(batch_id, False)], now)


@dataclass(frozen=True)
class _Plan:
    """What was decided on one batch as the hub stood at this revision, with the module that decided it."""

    revision: int
    module: Module
    routed: Sequence[Routed]
    prepared: Prepared

    def follows(self, before: int | None, revision: int) -> bool:
        """Say whether nothing but the batch before was written between this plan and the present.

        Args:
            before: Revision as that batch was written, None if there was none; the plan may have been made
                before or after that was committed.
            revision: The present one, with the transaction that asks.
        """
        if before is None:
            return revision == self.revision + 1
        return revision == before + 1 and self.revision in (before, before - 1)

    @property
    def counts(self) -> RouteCounts:
        """Return what comes of it."""
        return replace(counted(self.module, self.routed), queued=self.prepared.queued)


def _route(
    hub: Hub, ctx: RunContext, mapping: SupplierMapping, batches: Sequence[Batch], now: int | None
) -> RouteCounts:
    """Route batches in their order, each in one transaction.

    A plan holds if nothing else of the supplier has changed since; else the batch is decided anew in the
    transaction that writes it.
    """
    counts = RouteCounts()
    plan: _Plan | None = None
    before: int | None = None
    with collector_paused(), Keeper() as keeper:
        for batch in batches:
            plan = _plan(hub, ctx, mapping, batch, plan, now)
            keeper.wait()
            with ExitStack() as opened:
                connection = opened.enter_context(hub.transaction(ctx.supplier))
                at = now_us() if now is None else now
                revision = hub.revision(connection, ctx.supplier)
                module = open_module(hub, connection, ctx, mapping, at, plan.module)
                if not (plan.follows(before, revision) and module.decides_as(plan.module)):
                    module = open_module(hub, connection, ctx, mapping, at)  # the plan's traces go with it
                    plan = _decide(ctx, module, _waiting(hub, connection, ctx, module, batch), revision)
                if plan.routed:
                    load(hub, connection, plan.prepared)
                    plan.module.traces.kept()  # where they are not, nothing goes on
                    keeper.do(partial(_write, opened.pop_all(), hub, connection, ctx, plan.prepared, at))
            counts, before = counts + plan.counts, revision
            if not hub.side_by_side:
                keeper.wait()
    return counts


def _plan(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    batch: Batch,
    before: _Plan | None,
    now: int | None,
) -> _Plan:
    """Return what is to become of a batch once the one before it is written."""
    with hub.reading() as connection:
        at = now_us() if now is None else now
        if before is None:
            module = open_module(hub, connection, ctx, mapping, at)
        else:
            module = before.module.after((one.place for one in before.routed), at)
        revision = hub.revision(connection, ctx.supplier)
        leads = _waiting(hub, connection, ctx, module, batch)
    return _decide(ctx, module, leads, revision)


def _waiting(
    hub: Hub, connection: Connection, ctx: RunContext, module: Module, batch: Batch
) -> list[Waiting]:
    batch_id, met_again = batch
    return waiting_leads(hub, connection, ctx.supplier, module.router, batch_id, met_again=met_again)


def _decide(ctx: RunContext, module: Module, leads: Sequence[Waiting], revision: int) -> _Plan:
    routed = module.router.route(leads, module.rotation, module.campaigns)
    return _Plan(revision, module, routed, prepare(ctx.supplier, module, routed))


def _write(
    transaction: ExitStack, hub: Hub, connection: Connection, ctx: RunContext, prepared: Prepared, at: int
) -> None:
    """Write what was loaded, and commit."""
    with transaction:
        write(hub, connection, ctx, prepared, at)


def _rehearse(hub: Hub, ctx: RunContext, mapping: SupplierMapping, now: int | None) -> RouteCounts:
    with hub.reading() as connection:
        at = now_us() if now is None else now
        batches, held = _batches(hub, connection, ctx.supplier)
        module = open_module(hub, connection, ctx, mapping, at)
        counts = RouteCounts(held=held)
        for batch in batches:
            leads = _waiting(hub, connection, ctx, module, batch)
            counts += counted(module, module.router.route(leads, module.rotation, module.campaigns))
    return counts


def _batches(hub: Hub, connection: Connection, supplier: str) -> tuple[list[Batch], int]:
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
