"""Partners' events into the supplier's system (W5), and those on opportunities onto their records (W8)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Row

from leadline.hub import Hub, now_us
from leadline.hub.keys import digest
from leadline.mapping.model import SupplierMapping
from leadline.ports import EventWrite, RowResult, SupplierSystem
from leadline.runs import RunContext, count_queued, from_us
from leadline.write_back.outbox import Outbox, WriteCounts, WriteLimits, drain, silent, state_of

CHUNK_ROWS = 1_000
_STORED = ("event_id", "identity", "state", "record_id", "attempts", "not_before", "vendor_code", "message")

Waiting = Row[tuple[object, ...]]


def queue_events(hub: Hub, ctx: RunContext, mapping: SupplierMapping) -> int:
    """Queue partners' events that the supplier was not told yet, one a source record; return how many."""
    chosen = mapping.write_back
    queued = 0
    with hub.transaction(ctx.supplier) as connection:
        values = {"supplier": ctx.supplier, "run_id": ctx.run_id, "at": now_us()}
        if chosen.events is not None:
            queued += hub.run(connection, "event_write_queue", **values).rowcount
        if chosen.opportunities is not None and chosen.opportunities.events:
            queued += hub.run(connection, "event_write_queue_opportunity", **values).rowcount
        hub.run(connection, "event_write_queued", supplier=ctx.supplier)
        count_queued(hub, connection, ctx, events=queued)
    return queued


def write_events(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    system: SupplierSystem,
    *,
    limits: WriteLimits | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> WriteCounts:
    """Write the events that are queued, each with a key by which the supplier's system knows it again.

    Raises:
        LeadlineError: A whole call failed. What was known by then is stored; the rest waits.
    """
    limits = limits or WriteLimits(chunk_rows=CHUNK_ROWS)
    types = mapping.write_back.events.types if mapping.write_back.events else {}

    def send() -> list[str] | None:
        with hub.reading() as connection:
            values = {"supplier": ctx.supplier, "now": now_us(), "most": limits.chunk_rows}
            rows = hub.run(connection, "event_write_take", **values).all()
        return _send(hub, ctx, system, rows, types, limits) if rows else None

    outbox = Outbox(hub, ctx.supplier, "event_write_due", "event_write_open")
    return drain(outbox, f"events:{ctx.supplier}", send, limits, sleep)


def _send(
    hub: Hub,
    ctx: RunContext,
    system: SupplierSystem,
    rows: Sequence[Waiting],
    types: Mapping[str, str],
    limits: WriteLimits,
) -> list[str]:
    # Two records of one lead that were merged into one are told an event once: the record makes its key.
    waiting: dict[str, list[Waiting]] = {}
    for row in rows:
        waiting.setdefault(digest(ctx.supplier, row.event_id, row.record_id), []).append(row)
    writes = [_write(key, group[0], types) for key, group in waiting.items()]
    results: list[tuple[Waiting, RowResult]] = []
    states: list[str] = []
    try:
        for result in system.write_events(writes):
            results += [(row, result) for row in waiting.pop(result.key, ())]
        results += [(row, silent(key)) for key, group in waiting.items() for row in group]
    finally:
        states = _store(hub, ctx, results, limits)
    return states


def _write(key: str, row: Waiting, types: Mapping[str, str]) -> EventWrite:
    at = None if row.occurred_at is None else from_us(row.occurred_at)
    on = "opportunity" if row.opportunity_id else "lead"
    kind = types.get(row.type, row.type)
    return EventWrite(key, row.record_id, kind, at, row.subject or "", row.body, on)  # type: ignore[arg-type]


def _store(
    hub: Hub, ctx: RunContext, results: Sequence[tuple[Waiting, RowResult]], limits: WriteLimits
) -> list[str]:
    if not results:
        return []
    stored: list[tuple[object, ...]] = []
    for row, result in results:
        attempts = row.attempts + 1
        state, not_before = state_of(result, attempts, limits.retries)
        became = (state, result.record_id, attempts, not_before, result.code, result.message)
        stored.append((row.event_id, row.identity, *became))
    with hub.transaction(ctx.supplier) as connection:
        hub.load(connection, "event_write", _STORED, stored)
        hub.run(connection, "event_write_store", supplier=ctx.supplier, at=now_us())
    return [str(one[2]) for one in stored]
