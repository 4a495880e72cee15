"""The receipts of a batch: one per row, written once, in the transaction that takes the rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from leadline.errors import BooksDoNotBalance, UnknownRun
from leadline.hub import Hub, now_us
from leadline.hub.schema import batch as batch_table
from leadline.landed import complete
from leadline.manifests import Batch
from leadline.receipts.outcomes import FILTERED, QUARANTINED
from leadline.runs import RunContext

if TYPE_CHECKING:  # the package loads Great Expectations, which takes seconds
    from leadline.checks.values import CheckedBatch, Rejected


@dataclass(frozen=True)
class Counts:
    """How the rows of one batch came out; `received` is their sum."""

    quarantined: int = 0
    filtered: int = 0
    known: int = 0
    updated: int = 0
    new: int = 0

    @property
    def received(self) -> int:
        """Return how many rows there were."""
        return self.quarantined + self.filtered + self.known + self.updated + self.new


def earlier_counts(hub: Hub, connection: Connection, ctx: RunContext, batch: Batch) -> Counts | None:
    """Return how this batch came out when it was received before; None if it was not.

    Raises:
        UnknownRun: The hub has no such batch: it was not landed.
    """
    found = connection.execute(
        select(batch_table.c.received_at).where(
            batch_table.c.supplier == ctx.supplier, batch_table.c.batch_id == batch.batch_id
        )
    ).one_or_none()
    if found is None:
        raise UnknownRun(f"{ctx.supplier} has no batch {batch.batch_id}")
    return None if found.received_at is None else _counted(hub, connection, ctx, batch)


def counts_of(hub: Hub, ctx: RunContext, batch: Batch) -> Counts | None:
    """Return how a received batch came out; None if it has no receipts yet."""
    with hub.reading() as connection:
        return earlier_counts(hub, connection, ctx, batch)


def check_is_whole(batch: Batch, checked: CheckedBatch) -> None:
    """Check that the verdict names each row of the batch once.

    Raises:
        BooksDoNotBalance: It does not; nothing of the batch is taken.
    """
    rows = checked.accepted["row"].to_pylist()
    rows += [rejected.row for rejected in checked.rejected]
    rows += [filtered.row for filtered in checked.filtered]
    if len(rows) != batch.rows or set(rows) != set(range(batch.rows)):
        raise BooksDoNotBalance(
            [
                f"batch {batch.batch_id} has {batch.rows} rows, its check names {len(rows)}, "
                f"{len(set(rows))} different ones"
            ]
        )


def refused_receipts(checked: CheckedBatch) -> Iterable[tuple[Any, ...]]:
    """Yield (row, line, identity, outcome, lead id, reasons) of what was not accepted."""
    for one in checked.rejected:
        yield one.row, one.line, one.identity, QUARANTINED, None, _reasons(one)
    for row in checked.filtered:
        yield row.row, row.line, row.identity, FILTERED, None, None


def close_batch(hub: Hub, connection: Connection, ctx: RunContext, batch: Batch) -> Counts:
    """Mark the batch received, close its pull if it was the last one, and return how its rows came out."""
    hub.run(connection, "batch_receive", supplier=ctx.supplier, batch_id=batch.batch_id, received_at=now_us())
    complete(hub, connection, ctx, batch.kind)
    return _counted(hub, connection, ctx, batch)


def replayed_row(batch: Batch, row: int) -> int | None:
    """Return the row of the old batch that this row repeats; None if it repeats none."""
    return batch.replay_rows[row] if batch.replay_of else None


def _counted(hub: Hub, connection: Connection, ctx: RunContext, batch: Batch) -> Counts:
    rows = hub.run(connection, "receipt_count", supplier=ctx.supplier, batch_id=batch.batch_id)
    return Counts(**{row.outcome: row.rows for row in rows})


def _reasons(rejected: Rejected) -> str:
    reasons = [{"field": one.field, "rule": one.rule, "message": one.message} for one in rejected.reasons]
    return json.dumps(reasons, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
