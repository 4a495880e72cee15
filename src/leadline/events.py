"""Activities of a supplier's records, kept with their leads (S7)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from leadline.chunks import chunks
from leadline.hub import Hub
from leadline.hub.keys import digest
from leadline.hub.schema import watermark
from leadline.mapping.model import SupplierMapping
from leadline.ports import SourceEvent, SupplierSystem, Window, with_storable_texts
from leadline.runs import RunContext, from_us, to_us

logger = logging.getLogger(__name__)

FEED = "activities"
CHUNK_RECORDS = 20_000
CHUNK_EVENTS = 10_000
_COLUMNS = ("event_id", "lead_id", "type", "occurred_at", "body")


def pull_events(
    hub: Hub, ctx: RunContext, mapping: SupplierMapping, system: SupplierSystem, window: Window
) -> int:
    """Keep the activities of this supplier's leads that are not kept yet; return how many came.

    Records that this run met first are read from the beginning, the others from where the last run that
    moved the watermark ended, minus the source's overlap. Reading the same activity again adds nothing.
    An activity of a record that became several leads is kept with each of them.
    """
    position = _position(hub, ctx)
    overlap = timedelta(minutes=getattr(mapping.source, "overlap_minutes", 0))
    # A run that catches up may end before the watermark; no window ends before it starts.
    start = None if position is None else min(from_us(position) - overlap, window.end)
    count = 0
    for leads, since in _asked(hub, ctx, start):
        events = system.pull_events(list(leads), Window(since, window.end))
        for part in chunks(events, CHUNK_EVENTS):
            _keep(hub, ctx, part, leads)
            count += len(part)
    _advance(hub, ctx, window)
    logger.info("%s: run %s: %s activities read", ctx.supplier, ctx.run_id, count)
    return count


def _asked(
    hub: Hub, ctx: RunContext, start: datetime | None
) -> Iterator[tuple[dict[str, list[str]], datetime | None]]:
    """Yield record id -> lead ids, so many records at a time, and from when to read them.

    A supplier's records are many after some years: never are all of them held at once.
    """
    fresh: dict[str, list[str]] = {}
    ours = {"supplier": ctx.supplier}
    after = ""
    while True:
        with hub.reading() as connection:
            page = hub.run(connection, "event_records_last", **ours, after=after, most=CHUNK_RECORDS)
            last = page.scalar_one()
            if last is None:
                break
            asked = ours | {"run_id": ctx.run_id, "after": after, "last": last}
            rows = hub.run(connection, "event_records", **asked).all()
        older: dict[str, list[str]] = {}
        new = {row.record_id for row in rows if row.is_new}
        for row in rows:
            # A record handed over again, or that changed its campaign, is another lead of the same record.
            group = fresh if row.record_id in new else older
            group.setdefault(row.record_id, []).append(row.lead_id)
        if older:
            yield older, start
        after = last
    for records in chunks(fresh, CHUNK_RECORDS):
        yield {one: fresh[one] for one in records}, None


def _position(hub: Hub, ctx: RunContext) -> int | None:
    with hub.reading() as connection:
        return connection.execute(
            select(watermark.c.position_at).where(
                watermark.c.supplier == ctx.supplier, watermark.c.feed == FEED
            )
        ).scalar()


def _keep(
    hub: Hub, ctx: RunContext, events: Sequence[SourceEvent], leads: Mapping[str, Sequence[str]]
) -> None:
    rows = {}
    ours = _echoes(hub, ctx, events)
    for event in map(with_storable_texts, events):
        if event.event_id in ours:
            continue
        at = to_us(event.occurred_at) if event.occurred_at else None
        for lead_id in leads[event.record_id]:
            # By lead, not by record: an activity of a person with several records is one event of the lead.
            event_id = digest(ctx.supplier, event.event_id, lead_id)
            rows[event_id] = (event_id, lead_id, event.type, at, event.body)
    with hub.transaction(ctx.supplier) as connection:
        table = hub.load(connection, "event", _COLUMNS, rows.values())
        hub.run(connection, "event_keep", supplier=ctx.supplier, run_id=ctx.run_id, table_loaded=table)


def _echoes(hub: Hub, ctx: RunContext, events: Sequence[SourceEvent]) -> set[str]:
    """Return the activities that we wrote into the supplier's system ourselves: partners' events (W5)."""
    with hub.transaction() as connection:
        hub.load(connection, "event_write", ("record_id",), {(one.event_id,) for one in events})
        return set(hub.run(connection, "event_echoes", supplier=ctx.supplier).scalars())


def _advance(hub: Hub, ctx: RunContext, window: Window) -> None:
    with hub.transaction(ctx.supplier) as connection:
        hub.run(
            connection,
            "event_watermark",
            supplier=ctx.supplier,
            run_id=ctx.run_id,
            feed=FEED,
            position_at=to_us(window.end),
        )
