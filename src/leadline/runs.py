"""Runs: who is working, for which supplier, in which window, under which pinned version of the mapping."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import Connection, select

from leadline.errors import FormRefused, UnknownRun
from leadline.hub import Hub, now_us
from leadline.hub.schema import mapping_version, run, watermark
from leadline.mapping.model import SupplierMapping
from leadline.ports import Window

logger = logging.getLogger(__name__)

RunKind = Literal["scheduled", "manual", "backfill", "replay"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RunContext:
    """One task at work on one run; every function that writes takes it.

    Attributes:
        supplier: The supplier key, `acme` or `acme~test`; every statement is bound to it.
        run_id: The run, as the scheduler names it.
        task: Which step of the run, for history and logs.
        actor: `airflow` for scheduled work, or the user who asked.
        mapping_hash: The pinned version of the mapping.
        rules_hash: The pinned version of its routing rules.
    """

    supplier: str
    run_id: str
    task: str
    actor: str
    mapping_hash: str
    rules_hash: str


def start_run(
    hub: Hub,
    mapping: SupplierMapping,
    *,
    run_id: str,
    dag_id: str,
    kind: RunKind,
    task: str,
    actor: str = "airflow",
    target: str | None = None,
    window: Window | None = None,
) -> RunContext:
    """Return the context of this run, pinning mapping and window the first time it is started.

    A run that is started again (cleared, retried, another task of it) gets what it was pinned to,
    whatever the file, the watermark or the arguments say now; see `pinned_mapping` and `run_window`.

    Raises:
        FormRefused: A run of another DAG of this supplier has this name.

    Args:
        kind: Only `scheduled` runs move the watermark.
        target: `production` or `test`; None: the one the mapping chooses.
        window: None: a run that reads nothing.
    """
    supplier = mapping.key(target)
    body = canonical(mapping)
    row = {
        "supplier": supplier,
        "run_id": run_id,
        "dag_id": dag_id,
        "kind": kind,
        "mapping_hash": _hash(body),
        "rules_hash": rules_hash(mapping),
        "window_start": to_us(window.start) if window and window.start else None,
        "window_end": to_us(window.end) if window else None,
        "options": _options(window) if window else None,
        "started_at": now_us(),
    }
    with hub.transaction(supplier) as connection:
        found = _find(connection, supplier, run_id)
        if found is not None and found.dag_id != dag_id:
            raise FormRefused(
                f"{supplier}: {found.dag_id} has a run '{run_id}' already; start this one under another id"
            )
        if found is None:
            hub.run(connection, "mapping_version_keep", body=body, **row)
            hub.run(connection, "run_start", **row)
            logger.info("%s: run %s starts under mapping %s", supplier, run_id, row["mapping_hash"])
        return _context(connection, supplier, run_id, task, actor)


def run_context(hub: Hub, supplier: str, run_id: str, task: str, actor: str = "airflow") -> RunContext:
    """Return the context of a run that was started before.

    Raises:
        UnknownRun: It was not.
    """
    with hub.reading() as connection:
        return _context(connection, supplier, run_id, task, actor)


def pinned_mapping(
    hub: Hub, supplier: str, *, mapping_hash: str | None = None, run_id: str | None = None
) -> SupplierMapping:
    """Return the mapping as it was when it was pinned: by its hash, or by the run that it was pinned for.

    Raises:
        UnknownRun: The hub has no such version, or no such run.
    """
    with hub.reading() as connection:
        if mapping_hash is None:
            if run_id is None:
                raise ValueError("name a mapping_hash or a run_id")
            mapping_hash = _context(connection, supplier, run_id, "", "").mapping_hash
        body = connection.execute(
            select(mapping_version.c.body).where(
                mapping_version.c.supplier == supplier, mapping_version.c.mapping_hash == mapping_hash
            )
        ).scalar()
    if body is None:
        raise UnknownRun(f"{supplier} has no mapping version {mapping_hash}")
    return SupplierMapping.model_validate_json(body)


def run_window(hub: Hub, supplier: str, run_id: str) -> Window | None:
    """Return the window this run was pinned to; None if it reads nothing."""
    with hub.reading() as connection:
        row = _find(connection, supplier, run_id)
    if row is None:
        raise UnknownRun(f"{supplier} has no run {run_id}")
    if row.window_end is None:
        return None
    start = None if row.window_start is None else from_us(row.window_start)
    return Window(start, from_us(row.window_end), **json.loads(row.options or "{}"))


def run_started_at(hub: Hub, ctx: RunContext) -> int:
    """Return when this run was first started, in UTC microseconds."""
    with hub.reading() as connection:
        row = _find(connection, ctx.supplier, ctx.run_id)
    if row is None:
        raise UnknownRun(f"{ctx.supplier} has no run {ctx.run_id}")
    return int(row.started_at)


def is_settled(hub: Hub, ctx: RunContext) -> bool:
    """Return whether this run's books were written, balanced or not."""
    with hub.reading() as connection:
        row = _find(connection, ctx.supplier, ctx.run_id)
    return row is not None and row.settled_at is not None


def count_queued(
    hub: Hub,
    connection: Connection,
    ctx: RunContext,
    *,
    deliveries: int = 0,
    write_backs: int = 0,
    events: int = 0,
    opportunities: int = 0,
) -> None:
    """Note what this run put into the outboxes, in the transaction that does so; `settle` recounts it."""
    hub.run(
        connection,
        "run_queued",
        supplier=ctx.supplier,
        run_id=ctx.run_id,
        deliveries=deliveries,
        write_backs=write_backs,
        events=events,
        opportunities=opportunities,
    )


def window_for_scheduled(
    hub: Hub, supplier: str, mapping: SupplierMapping, interval_end: datetime, feed: str = "leads"
) -> Window:
    """Return what a scheduled run reads: from the watermark minus the source's overlap to `interval_end`.

    Without a watermark it reads from the beginning, and of files always: what lies complete in an inbox is
    news, however old its mtime is. A catch-up run whose interval lies wholly before the
    watermark reads an empty window, never one that ends before it starts.
    """
    with hub.reading() as connection:
        position = connection.execute(
            select(watermark.c.position_at).where(watermark.c.supplier == supplier, watermark.c.feed == feed)
        ).scalar()
    if position is None or mapping.source.system == "sftp":
        return Window(None, interval_end)
    overlap = timedelta(minutes=getattr(mapping.source, "overlap_minutes", 0))
    return Window(min(from_us(position) - overlap, interval_end), interval_end)


def canonical(mapping: SupplierMapping) -> str:
    """Return the mapping as JSON that depends on its meaning only, not on how its file is written."""
    return _compact(mapping.model_dump(mode="json", by_alias=True))


def rules_hash(mapping: SupplierMapping) -> str:
    """Return the version of what routes: the rules, and which field pre-assigns. 64 hex digits."""
    body = mapping.model_dump(mode="json", by_alias=True, include={"routing", "preassignment"})
    return _hash(_compact(body))


def to_us(moment: datetime) -> int:
    """Return a moment in UTC microseconds since 1970.

    Raises:
        ValueError: It names no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} names no time zone")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_us(microseconds: int) -> datetime:
    """Return UTC microseconds since 1970 as a moment."""
    return _EPOCH + timedelta(microseconds=microseconds)


def _context(connection: Connection, supplier: str, run_id: str, task: str, actor: str) -> RunContext:
    row = _find(connection, supplier, run_id)
    if row is None:
        raise UnknownRun(f"{supplier} has no run {run_id}")
    return RunContext(supplier, run_id, task, actor, row.mapping_hash, row.rules_hash)


def _find(connection: Connection, supplier: str, run_id: str) -> Any:
    return connection.execute(
        select(run).where(run.c.supplier == supplier, run.c.run_id == run_id)
    ).one_or_none()


def _options(window: Window) -> str:
    return _compact({"archive": window.archive, "resend": window.resend, "campaigns": window.campaigns})


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def _hash(body: str) -> str:
    return sha256(body.encode()).hexdigest()
