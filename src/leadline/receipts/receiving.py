"""Receiving one checked batch of leads."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import Connection

from leadline.collector import collector_paused
from leadline.hub import Hub
from leadline.manifests import Batch
from leadline.mapping.model import SupplierMapping
from leadline.receipts.ledger import Counts, check_is_whole, close_batch, earlier_counts, refused_receipts
from leadline.receipts.outcomes import decide
from leadline.receipts.rows import accepted_rows
from leadline.receipts.storing import read_world, write_batch
from leadline.receipts.world import World
from leadline.runs import RunContext

if TYPE_CHECKING:  # the package loads Great Expectations, which takes seconds
    from leadline.checks.values import CheckedBatch

logger = logging.getLogger(__name__)


class QueueUpdates(Protocol):
    """Who hears of changed leads, in the transaction that changes them: `delivery.queue.queue_updates`."""

    def __call__(
        self,
        hub: Hub,
        connection: Connection,
        ctx: RunContext,
        mapping: SupplierMapping,
        changes: Iterable[tuple[str, Sequence[str]]],
        /,
    ) -> int: ...


def receive(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    batch: Batch,
    checked: CheckedBatch,
    queue_updates: QueueUpdates | None = None,
) -> Counts:
    """Give each row of a batch its one receipt, with the leads, links and history that follow; once.

    All of it is one transaction under the supplier's lock. A batch that was received before, by this
    call's earlier attempt or by another at the same time, is left alone and its counts are returned.
    The pull's last batch closes the pull and, in a scheduled run, moves the watermark.

    Args:
        batch: As landed: `landed.find_batch` or a manifest's.
        checked: The verdict on it; see `checks.values`.
        queue_updates: Told which leads changed and which of their fields; new leads are not among them.

    Raises:
        BooksDoNotBalance: The verdict does not name each row once; nothing is taken.
        UnknownRun: The batch was not landed.
    """
    check_is_whole(batch, checked)
    with collector_paused():
        return _receive(hub, ctx, mapping, batch, checked, queue_updates)


def _receive(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    batch: Batch,
    checked: CheckedBatch,
    queue_updates: QueueUpdates | None,
) -> Counts:
    rows = list(accepted_rows(checked.accepted, mapping, ctx.supplier))
    with hub.transaction(ctx.supplier) as connection:
        earlier = earlier_counts(hub, connection, ctx, batch)
        if earlier is not None:
            logger.info("%s: batch %s was received before", ctx.supplier, batch.batch_id)
            return earlier
        world = read_world(hub, connection, ctx, batch, rows)
        verdicts = decide(rows, world, ctx.supplier)
        write_batch(hub, connection, ctx, batch, rows, verdicts, refused_receipts(checked), world)
        if queue_updates is not None and (changes := _changes(world)):
            queue_updates(hub, connection, ctx, mapping, changes)
        counts = close_batch(hub, connection, ctx, batch)
    logger.info("%s: batch %s received: %s", ctx.supplier, batch.batch_id, counts)
    return counts


def _changes(world: World) -> list[tuple[str, Sequence[str]]]:
    return [
        (lead_id, sorted(names))
        for lead_id, names in sorted(world.changed_leads.items())
        if names and lead_id not in world.lead_founders
    ]
