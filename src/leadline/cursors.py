"""Up to where a CRM account was read: one watermark a feed, that never goes back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from leadline.hub import Hub, now_us
from leadline.hub.schema import watermark
from leadline.runs import RunContext, from_us, to_us


def cursor(
    hub: Hub, supplier: str, feed: str, overlap: timedelta, since: datetime | None = None
) -> datetime | None:
    """Return from when a feed is read on: its watermark minus the overlap; None: from the beginning.

    Args:
        since: Reads further back, never less far: what changed between the watermark and a later moment
            would be passed over for good, as the watermark moves to what was read last.
    """
    with hub.reading() as connection:
        query = select(watermark.c.position_at).where(
            watermark.c.supplier == supplier, watermark.c.feed == feed
        )
        position = connection.execute(query).scalar()
    if position is None:
        return None
    start = from_us(position) - overlap
    return start if since is None else min(start, since)


def move_cursor(hub: Hub, connection: Connection, ctx: RunContext, feed: str, position_at: int) -> None:
    """Say that a feed was read up to here (UTC microseconds), in the caller's transaction."""
    hub.run(
        connection,
        "watermark_move",
        supplier=ctx.supplier,
        feed=feed,
        position_at=position_at,
        run_id=ctx.run_id,
    )


def keep_reading(hub: Hub, ctx: RunContext, account_id: str, records: int) -> None:
    """Keep for the report how much a CRM told this run of: what meant nothing leaves no other trace.

    Asked before a cursor moves, so that a reading that was killed and is repeated is counted as well.
    """
    key = {"supplier": ctx.supplier, "run_id": ctx.run_id, "account_id": account_id}
    with hub.transaction(ctx.supplier) as connection:
        hub.run(connection, "crm_reading_keep", **key, records=records, read_at=now_us())


def position_of(stamps: Iterable[str | None], started_at: int) -> int | None:
    """Return up to where a reading came: its latest stamp, but no further than when it began.

    The earlier of the two is safe whichever clock is wrong: what changed since is read again. Stamps that are
    no times say nothing, and then the beginning counts. None: nothing was read.
    """
    latest, some = None, False
    for stamp in stamps:
        some = True
        at = _moment(stamp)
        if at is None:
            return started_at
        latest = at if latest is None else max(latest, at)
    if not some or latest is None:
        return None
    return min(latest, started_at)


def _moment(stamp: str | None) -> int | None:
    try:
        moment = datetime.fromisoformat(stamp or "")
    except ValueError:
        return None
    return to_us(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
