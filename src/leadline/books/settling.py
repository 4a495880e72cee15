"""Settling a run: its books are recounted, kept, and refused if they do not balance."""

from __future__ import annotations

import json
import logging

from sqlalchemy import update

from leadline.books.recount import Books, recount
from leadline.errors import BooksDoNotBalance
from leadline.hub import Hub, now_us
from leadline.hub.schema import run
from leadline.runs import RunContext
from leadline.staging import Staging

logger = logging.getLogger(__name__)

_COUNTED = (
    "assignment",
    "batch",
    "delivery",
    "history",
    "lead",
    "receipt",
    "routing_decision",
    "source_link",
    "writeback",
)


def settle(hub: Hub, staging: Staging, ctx: RunContext) -> Books:
    """Return the run's books, kept on the run whether they balance or not.

    Received = sum of outcomes; each raw row has one receipt and each receipt a raw row; new = assigned +
    unassigned at first decision, or held; each lead in distribution has one active assignment, each
    assignment its decision; deliveries, their states and the history of pushes agree.

    Raises:
        BooksDoNotBalance: `differences` name each two counts that differ.
    """
    hub.refresh_statistics(*_COUNTED)
    with hub.transaction(ctx.supplier) as connection, hub.reading(loads=True) as beside:
        books = recount(hub, connection, staging, ctx, beside)
        connection.execute(
            update(run)
            .where(run.c.supplier == ctx.supplier, run.c.run_id == ctx.run_id)
            .values(
                settled_at=now_us(),
                balanced=books.balanced,
                books=json.dumps(books.to_dict(), separators=(",", ":"), ensure_ascii=False, sort_keys=True),
            )
        )
    logger.info(
        "%s: run %s settled: %s received, %s new, %s differences",
        ctx.supplier,
        ctx.run_id,
        books.received,
        books.new,
        len(books.differences),
    )
    if not books.balanced:
        raise BooksDoNotBalance(books.differences)
    return books
