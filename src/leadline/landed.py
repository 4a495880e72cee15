"""What the hub keeps of a landed pull: its files, its batches, and whether all of them are received."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, Row, select, update

from leadline.errors import UnknownRun
from leadline.hub import Hub, now_us
from leadline.hub.schema import batch, source_file
from leadline.manifests import Batch, LandedSource, Manifest
from leadline.ports import Kind
from leadline.runs import RunContext, to_us


def is_known(hub: Hub, ctx: RunContext, sha256: str) -> bool:
    """Return whether the rows of this file's content were received before, by another run.

    A file that another run landed but never received does not count: that run may never come back, and
    if it does, its rows and ours have the same identities.
    """
    with hub.reading() as connection:
        return bool(
            hub.run(
                connection,
                "source_file_known",
                supplier=ctx.supplier,
                run_id=ctx.run_id,
                sha256=sha256,
                origin=f"file:{sha256}",
            ).scalar_one()
        )


def register(hub: Hub, ctx: RunContext, manifest: Manifest, *, landed_at: int | None = None) -> None:
    """Make the hub know what a manifest holds; knowing it already changes nothing.

    A pull without rows is complete with that, and moves the watermark.

    Args:
        landed_at: UTC microseconds; None: now.
    """
    now = now_us() if landed_at is None else landed_at
    with hub.transaction(ctx.supplier) as connection:
        # The same content under several names is known by the one that came first: its rows were taken.
        first = {one.sha256: one for one in reversed(manifest.sources) if one.sha256}
        if first:
            files = [_file(ctx, manifest, source, now) for source in first.values()]
            hub.load(connection, "source_file", _FILE, files)
            hub.run(connection, "source_file_keep", supplier=ctx.supplier)
        hub.load(connection, "batch", _BATCH, [_batch(ctx, entry) for entry in manifest.batches])
        hub.run(connection, "batch_keep", supplier=ctx.supplier)
        hub.run(connection, "run_raw_landed", supplier=ctx.supplier, run_id=ctx.run_id)
        hub.run(
            connection,
            "pull_keep",
            supplier=ctx.supplier,
            run_id=ctx.run_id,
            kind=manifest.kind,
            manifest_uri=manifest.uri,
            rows=manifest.rows,
            watermark_to=to_us(manifest.watermark_to) if manifest.watermark_to else None,
            judged="passed" if any(entry.replay_of for entry in manifest.batches) else None,
            landed_at=now,
        )
        complete(hub, connection, ctx, manifest.kind)


def complete(hub: Hub, connection: Connection, ctx: RunContext, kind: Kind) -> None:
    """Close the pull and move its watermark, if no batch of it is still without receipts."""
    values = {"supplier": ctx.supplier, "run_id": ctx.run_id, "kind": kind}
    hub.run(connection, "pull_complete", now=now_us(), **values)
    hub.run(connection, "watermark_advance", **values)


def mark_set_aside(hub: Hub, ctx: RunContext, sources: Iterable[LandedSource]) -> bool:
    """Note that these files lie in the error folder; return whether that is news of any of them."""
    hashes = [one.sha256 for one in sources if one.sha256]
    with hub.transaction(ctx.supplier) as connection:
        noted = connection.execute(
            update(source_file)
            .where(
                source_file.c.supplier == ctx.supplier,
                source_file.c.sha256.in_(hashes),
                source_file.c.state == "unreadable",
            )
            .values(state="set_aside")
        )
    return noted.rowcount > 0


def batches(hub: Hub, supplier: str, run_id: str, kind: Kind) -> list[Batch]:
    """Return the batches of this pull, in order."""
    query = (
        select(batch)
        .where(batch.c.supplier == supplier, batch.c.run_id == run_id, batch.c.kind == kind)
        .order_by(batch.c.number)
    )
    with hub.reading() as connection:
        return [_from_row(row) for row in connection.execute(query)]


def find_batch(hub: Hub, supplier: str, batch_id: str) -> Batch:
    """Return one batch.

    Raises:
        UnknownRun: The hub has none of this id.
    """
    query = select(batch).where(batch.c.supplier == supplier, batch.c.batch_id == batch_id)
    with hub.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownRun(f"{supplier} has no batch {batch_id}")
    return _from_row(row)


_BATCH = (
    "supplier",
    "batch_id",
    "run_id",
    "kind",
    "number",
    "uri",
    "origin",
    "rows",
    "replay_of",
    "replay_rows",
)
_FILE = (
    "supplier",
    "sha256",
    "resend",
    "kind",
    "name",
    "size",
    "modified_at",
    "encoding",
    "rows",
    "state",
    "error",
    "first_run",
    "first_seen_at",
)


def _batch(ctx: RunContext, entry: Batch) -> tuple[object, ...]:
    rows = json.dumps(entry.replay_rows, separators=(",", ":")) if entry.replay_of else None
    return (
        ctx.supplier,
        entry.batch_id,
        entry.run_id,
        entry.kind,
        entry.number,
        entry.uri,
        entry.origin,
        entry.rows,
        entry.replay_of,
        rows,
    )


def _file(ctx: RunContext, manifest: Manifest, source: LandedSource, now: int) -> tuple[object, ...]:
    modified = to_us(datetime.fromisoformat(source.modified_at)) if source.modified_at else None
    return (
        ctx.supplier,
        source.sha256,
        ctx.run_id if manifest.window.resend else "",
        manifest.kind,
        source.name,
        source.size,
        modified,
        source.encoding,
        None if source.known else source.rows,
        "unreadable" if source.error else "landed",
        source.error,
        ctx.run_id,
        now,
    )


def _from_row(row: Row[tuple[object, ...]]) -> Batch:
    return Batch(
        batch_id=row.batch_id,
        run_id=row.run_id,
        kind=row.kind,
        number=row.number,
        uri=row.uri,
        origin=row.origin,
        rows=row.rows,
        replay_of=row.replay_of,
        replay_rows=tuple(json.loads(row.replay_rows or "[]")),
    )
