"""What dead runs left: landed batches without receipts, and pulls that nobody judged (docs/adr/006).

Finishing another run's pull does no harm even if that run lives: receiving and judging happen once, under
the supplier's lock, with the mapping that the pull's own run was pinned to. Who is dead need not be known
for certain: a run that the scheduler has ended, or that gave no sign of life for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update

from leadline import landed, leases
from leadline.errors import StagingDamaged
from leadline.hub import Hub, now_us
from leadline.hub.schema import batch, pull
from leadline.manifests import Batch
from leadline.ports import KINDS, Kind
from leadline.runs import RunContext, run_context
from leadline.staging import Staging

QUIET_SECONDS = float(leases.DEFAULT_SECONDS)
HasEnded = Callable[[str, str], bool]
"""Tells by DAG id and run id whether a run has ended."""

_RAW_DATA_SECONDS = 30 * 86_400.0  # longer than raw data is kept nobody looks for a manifest


@dataclass(frozen=True)
class LeftPull:
    """One pull that its own run left unfinished.

    Attributes:
        ctx: Of the run that landed it, with the task and actor that finish it: receipts stay in its books.
        batches: Those that have no receipts yet, in order.
    """

    ctx: RunContext
    kind: Kind
    batches: tuple[Batch, ...]


def register_manifests(hub: Hub, staging: Staging, ctx: RunContext) -> list[str]:
    """Register what runs that died before they could tell the hub had committed to the staging area.

    Returns which of it cannot be read, and why: damaged manifests.
    """
    damaged = []
    with hub.reading() as connection:
        runs = hub.run(
            connection,
            "run_unregistered",
            supplier=ctx.supplier,
            run_id=ctx.run_id,
            since=now_us() - int(_RAW_DATA_SECONDS * 1_000_000),
        ).all()
    for row in runs:
        theirs = run_context(hub, ctx.supplier, row.run_id, ctx.task, ctx.actor)
        for kind in KINDS:
            try:
                manifest = staging.read_manifest(ctx.supplier, row.run_id, kind)
            except StagingDamaged as error:
                damaged.append(f"{kind} of run {row.run_id} cannot be received: {error}")
                continue
            if manifest is not None:
                landed.register(hub, theirs, manifest, landed_at=row.started_at)
    return damaged


def left_pulls(
    hub: Hub,
    ctx: RunContext,
    *,
    has_ended: HasEnded | None = None,
    quiet_seconds: float = QUIET_SECONDS,
) -> list[LeftPull]:
    """Return what other runs of this supplier left, oldest first, as far as the hub knows of it.

    Args:
        has_ended: Whether the scheduler has no more work for a run; None: nobody knows.
        quiet_seconds: A run that landed and received nothing for so long counts as dead, whoever says what.
    """
    now = now_us()
    with hub.reading() as connection:
        found = hub.run(
            connection,
            "pull_unfinished",
            supplier=ctx.supplier,
            run_id=ctx.run_id,
            before=now - int(quiet_seconds * 1_000_000),
            now=now,
        ).all()
    left = []
    for row in found:
        if not row.quiet and not (has_ended and has_ended(row.dag_id, row.run_id)):
            continue
        theirs = run_context(hub, ctx.supplier, row.run_id, ctx.task, ctx.actor)
        received = _received(hub, theirs)
        batches = landed.batches(hub, ctx.supplier, row.run_id, row.kind)
        left.append(LeftPull(theirs, row.kind, tuple(one for one in batches if one.batch_id not in received)))
    return left


def mark_taken_up(hub: Hub, ctx: RunContext, left: LeftPull) -> None:
    """Note that this run finished the pull, so that it also settles its books."""
    with hub.transaction(ctx.supplier) as connection:
        connection.execute(
            update(pull)
            .where(
                pull.c.supplier == ctx.supplier,
                pull.c.run_id == left.ctx.run_id,
                pull.c.kind == left.kind,
            )
            .values(taken_up_by=ctx.run_id)
        )


def taken_up(hub: Hub, ctx: RunContext) -> list[RunContext]:
    """Return the contexts of the runs whose pulls this run finished, in the order in which they landed."""
    query = (
        select(pull.c.run_id)
        .where(pull.c.supplier == ctx.supplier, pull.c.taken_up_by == ctx.run_id)
        .order_by(pull.c.landed_at)
    )
    with hub.reading() as connection:
        names = dict.fromkeys(connection.execute(query).scalars())
    return [run_context(hub, ctx.supplier, name, ctx.task, ctx.actor) for name in names]


def _received(hub: Hub, ctx: RunContext) -> set[str]:
    query = select(batch.c.batch_id).where(
        batch.c.supplier == ctx.supplier, batch.c.run_id == ctx.run_id, batch.c.received_at.is_not(None)
    )
    with hub.reading() as connection:
        return set(connection.execute(query).scalars())
