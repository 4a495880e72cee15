"""Status back into the supplier's system (W1, W9): only what the mapping names, and only when it changed.

Every source record of a lead gets it. A row's sequence counts up per record; a newer row supersedes an
older one that was not sent yet.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Row

from leadline.hub import Hub, now_us
from leadline.hub.keys import digest, history_id
from leadline.lifecycle import DistributionStatus
from leadline.mapping.model import SupplierMapping, WriteBack
from leadline.ports import RowResult, StatusRow, SupplierSystem
from leadline.retries import Retries
from leadline.runs import RunContext
from leadline.turns import sole_sender

logger = logging.getLogger(__name__)

QUEUE_ROWS = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUEUED = ("identity", "sequence", "lead_id", "body", "body_hash")
_STORED = ("identity", "sequence", "lead_id", "state", "attempts", "not_before", "vendor_code", "message")
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode


@dataclass(frozen=True)
class WriteLimits:
    """How one write-back behaves: rows sent and stored at a time, and how long it waits for another try."""

    chunk_rows: int = 10_000
    patience_seconds: float = 20.0
    retries: Retries = field(default_factory=Retries)


@dataclass(frozen=True)
class WriteCounts:
    """What one write-back did, in source records; `waiting` are left for the next one."""

    written: int = 0
    refused: int = 0
    waiting: int = 0


def queue(hub: Hub, ctx: RunContext, mapping: SupplierMapping) -> int:
    """Queue status for every source record to which something else was written last; return how many.

    Leads that routing has not looked at yet have no status to tell.
    """
    if not mapping.write_back.mapped:
        return 0
    queued, after = 0, ""
    while True:
        with hub.transaction(ctx.supplier) as connection:
            found = hub.run(
                connection, "writeback_changed", supplier=ctx.supplier, after=after, most=QUEUE_ROWS
            ).all()
            rows: list[tuple[object, ...]] = []
            for row in found:
                body = _encode(body_of(row, mapping.write_back))
                body_hash = digest(body)
                # What was refused is not tried again until it says something else.
                told = row.latest_hash if row.latest_state in ("waiting", "refused") else row.written_hash
                if body_hash == told:
                    continue
                if body_hash == row.written_hash:
                    rows.append((row.identity, row.sequence + 1, row.lead_id, None, None))
                else:
                    rows.append((row.identity, row.sequence + 1, row.lead_id, body, body_hash))
                    queued += 1
            if rows:
                hub.load(connection, "writeback", _QUEUED, rows)
                at = now_us()
                hub.run(connection, "writeback_supersede", supplier=ctx.supplier)
                hub.run(connection, "writeback_insert", supplier=ctx.supplier, run_id=ctx.run_id, at=at)
                hub.run(connection, "writeback_number", supplier=ctx.supplier)
        if len(found) < QUEUE_ROWS:
            return queued
        after = found[-1].identity


def body_of(row: Row[tuple[object, ...]], chosen: WriteBack) -> dict[str, str | None]:
    """Return what is told about a lead: hub value -> text, for the values that the mapping names.

    Times are UTC, `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    """
    unassigned = row.status == DistributionStatus.UNASSIGNED
    moments = (row.assigned_at, row.accepted_at, row.ended_at, row.decided_at)
    values: dict[str, str | None] = {
        "distribution_status": chosen.status_labels.get(row.status, row.status),
        "distribution_status_at": _moment(max(at for at in moments if at is not None)),
        "not_routed": chosen.not_routed_value if unassigned else None,
        "partner_id": row.partner_id,
        "partner_name": row.partner_name,
        "sales_status": chosen.status_labels.get(row.sales_status, row.sales_status),
    }
    return {name: values[name] for name in chosen.mapped if name in values}


def _moment(at: int) -> str:
    moment = _EPOCH + timedelta(microseconds=at)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def write(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    system: SupplierSystem,
    *,
    limits: WriteLimits | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> WriteCounts:
    """Write what is queued, and return what came of it; a row that failed is tried again alone.

    Raises:
        LeadlineError: A whole call failed. What was known by then is stored; the rest waits.
    """
    if not mapping.write_back.mapped:
        return WriteCounts()
    limits = limits or WriteLimits()
    fields = mapping.write_back.mapped
    patience = limits.patience_seconds
    written = refused = 0
    with sole_sender(hub, f"write_back:{ctx.supplier}", sleep=sleep):
        while True:
            began = now_us()
            while rows := _take(hub, ctx, limits.chunk_rows):
                states = _send(hub, ctx, system, rows, fields, limits.retries)
                written += states.count("sent")
                refused += states.count("refused")
            rest = _rest(hub, ctx, began)
            if rest is None or rest > patience:
                break
            patience -= rest
            sleep(rest)
        with hub.reading() as connection:
            waiting = hub.run(connection, "writeback_open", supplier=ctx.supplier).scalar_one()
    logger.info("%s: %d written back, %d refused, %d waiting", ctx.supplier, written, refused, waiting)
    return WriteCounts(written, refused, waiting)


def _take(hub: Hub, ctx: RunContext, most: int) -> Sequence[Row[tuple[object, ...]]]:
    with hub.reading() as connection:
        return hub.run(connection, "writeback_take", supplier=ctx.supplier, now=now_us(), most=most).all()


def _rest(hub: Hub, ctx: RunContext, after: int) -> float | None:
    """Return the seconds until a row that rests may go again; None: none rests."""
    with hub.reading() as connection:
        due = hub.run(connection, "writeback_due", supplier=ctx.supplier, after=after).scalar_one()
    return None if due is None else max(0.0, (due - now_us()) / 1_000_000) + 0.001


def _send(
    hub: Hub,
    ctx: RunContext,
    system: SupplierSystem,
    rows: Sequence[Row[tuple[object, ...]]],
    fields: dict[str, str],
    retries: Retries,
) -> list[str]:
    """Send one chunk, keep its results and return the new states."""
    waiting = {row.identity: row for row in rows}
    results: list[tuple[Row[tuple[object, ...]], RowResult]] = []
    states: list[str] = []
    try:
        for result in system.write_back([_status(row, fields) for row in rows]):
            if (row := waiting.pop(result.key, None)) is not None:
                results.append((row, result))
        results += [
            (row, RowResult(key, ok=False, code="NO_RESULT", message="no result", retryable=True))
            for key, row in waiting.items()
        ]
    finally:
        states = _store(hub, ctx, results, retries)
    return states


def _status(row: Row[tuple[object, ...]], fields: dict[str, str]) -> StatusRow:
    body = json.loads(row.body)
    values = {fields[name]: value for name, value in body.items() if name in fields}
    return StatusRow(
        row.identity, row.record_id or "", row.sequence, values, row.lead_id, row.record_id or ""
    )


def _store(
    hub: Hub, ctx: RunContext, results: Sequence[tuple[Row[tuple[object, ...]], RowResult]], retries: Retries
) -> list[str]:
    """Keep results, what was written last, and history lines, in one commit; return the new states."""
    if not results:
        return []
    stored: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    states: list[str] = []
    for row, result in results:
        attempts = row.attempts + 1
        state, not_before = "sent", 0
        if not result.ok:
            again = result.retryable and attempts < retries.attempts
            state, not_before = ("waiting", retries.next_at(attempts)) if again else ("refused", 0)
        states.append(state)
        stored.append(
            (
                row.identity,
                row.sequence,
                row.lead_id,
                state,
                attempts,
                not_before,
                result.code,
                result.message,
            )
        )
        if state != "waiting":
            kind = "written_back" if state == "sent" else "write_back_refused"
            after = {"identity": row.identity, "sequence": row.sequence} | (
                {"values": json.loads(row.body)}
                if result.ok
                else {"code": result.code, "field": result.field}
            )
            event_id = history_id(row.identity, row.sequence, kind)
            lines.append((row.lead_id, event_id, kind, _encode(after)))
    with hub.transaction(ctx.supplier) as connection:
        at = now_us()
        hub.load(connection, "writeback", _STORED, stored)
        hub.run(connection, "writeback_store", supplier=ctx.supplier, at=at)
        hub.run(connection, "writeback_written", supplier=ctx.supplier)
        if lines:
            hub.load(connection, "history", ("lead_id", "event_id", "kind", "after"), lines)
            hub.run(
                connection,
                "writeback_history",
                supplier=ctx.supplier,
                at=at,
                run_id=ctx.run_id,
                task=ctx.task,
                actor=ctx.actor,
            )
    return states
