"""Judging a pull once all of it is received, and letting a held one go on (M2)."""

from __future__ import annotations

import logging
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, select, update

from leadline.errors import LeftUnfinished, ThresholdExceeded, UnknownRun
from leadline.hub import Hub
from leadline.hub.schema import batch, pull
from leadline.mapping.model import SupplierMapping
from leadline.ports import Kind
from leadline.runs import RunContext

logger = logging.getLogger(__name__)

PASSED, HELD = "passed", "held"


def judge_pull(hub: Hub, ctx: RunContext, mapping: SupplierMapping, kind: Kind = "leads") -> None:
    """Judge this run's pull against the supplier's threshold, once; a later call only repeats the verdict.

    Raises:
        ThresholdExceeded: It is held: its leads are not routed until `release_pull`.
        UnknownRun: This run has no such pull.
        LeftUnfinished: Not all of its batches are received, as when a red `validate` was marked green.
    """
    with hub.transaction(ctx.supplier) as connection:
        row = _find(connection, ctx.supplier, ctx.run_id, kind)
        if row is None:
            raise UnknownRun(f"{ctx.supplier}: run {ctx.run_id} has no pull of {kind}")
        if row.completed_at is None:
            raise LeftUnfinished([_not_received(connection, ctx, kind)])
        counted = hub.run(
            connection, "pull_quarantined", supplier=ctx.supplier, run_id=ctx.run_id, kind=kind
        ).scalar_one()
        verdict = row.judged
        if verdict is None:
            limit = mapping.threshold
            # The share as it was written: 0.29 of 100 rows is 29, and a little less as a float.
            over = counted > Fraction(repr(limit.share)) * row.rows
            verdict = HELD if over and row.rows >= limit.minimum_rows else PASSED
            _set(connection, ctx.supplier, ctx.run_id, kind, judged=verdict)
            logger.info(
                "%s: run %s, %s: %s of %s rows quarantined, %s",
                ctx.supplier,
                ctx.run_id,
                kind,
                counted,
                row.rows,
                verdict,
            )
    if verdict == HELD:
        raise ThresholdExceeded(
            f"{counted} of {row.rows} rows of {kind} are quarantined, {mapping.threshold.share:.1%} are "
            f"allowed: the leads of run {ctx.run_id} are held and wait for a release"
        )


def hold_pull(hub: Hub, supplier: str, run_id: str, actor: str, kind: Kind = "leads") -> bool:
    """Keep the leads of a pull that is not judged yet from being routed; return False if it is judged.

    For a run that was stopped on purpose: no later run takes up a pull that is held.

    Raises:
        UnknownRun: The run has no pull of this kind.
    """
    with hub.transaction(supplier) as connection:
        row = _find(connection, supplier, run_id, kind)
        if row is None:
            raise UnknownRun(f"{supplier}: run {run_id} has no pull of {kind}")
        if row.judged is not None:
            return False
        _set(connection, supplier, run_id, kind, judged=HELD, held_by=actor)
    logger.info("%s: pull of run %s held", supplier, run_id)
    return True


def release_pull(hub: Hub, supplier: str, run_id: str, actor: str, kind: Kind = "leads") -> bool:
    """Let the leads of a pull be routed that is held, or was never judged; return False if it passed.

    What its run did not receive any more stays with that run: a later one takes up nothing of it.

    Raises:
        UnknownRun: The run has no pull of this kind.
    """
    with hub.transaction(supplier) as connection:
        row = _find(connection, supplier, run_id, kind)
        if row is None:
            raise UnknownRun(f"{supplier}: run {run_id} has no pull of {kind}")
        if row.judged == PASSED:
            return False
        _set(connection, supplier, run_id, kind, judged=PASSED, released_by=actor)
    logger.info("%s: pull of run %s released", supplier, run_id)
    return True


def is_landed(hub: Hub, ctx: RunContext, kind: Kind) -> bool:
    """Return whether this run has a pull of this kind, be it empty."""
    with hub.reading() as connection:
        return _find(connection, ctx.supplier, ctx.run_id, kind) is not None


def is_complete(hub: Hub, ctx: RunContext, kind: Kind) -> bool:
    """Return whether every row of this run's pull has its receipt."""
    with hub.reading() as connection:
        row = _find(connection, ctx.supplier, ctx.run_id, kind)
    return row is not None and row.completed_at is not None


def _not_received(connection: Connection, ctx: RunContext, kind: str) -> str:
    query = select(batch.c.received_at).where(
        batch.c.supplier == ctx.supplier, batch.c.run_id == ctx.run_id, batch.c.kind == kind
    )
    received = [at is not None for at in connection.execute(query).scalars()]
    return (
        f"{received.count(False)} of {len(received)} batches of {kind} of run {ctx.run_id} are not received: "
        "clear their validate task; else the next run takes them up"
    )


def _find(connection: Connection, supplier: str, run_id: str, kind: str) -> Any:
    return connection.execute(select(pull).where(*_key(supplier, run_id, kind))).one_or_none()


def _set(connection: Connection, supplier: str, run_id: str, kind: str, **values: Any) -> None:
    connection.execute(update(pull).where(*_key(supplier, run_id, kind)).values(**values))


def _key(supplier: str, run_id: str, kind: str) -> tuple[Any, ...]:
    return pull.c.supplier == supplier, pull.c.run_id == run_id, pull.c.kind == kind
