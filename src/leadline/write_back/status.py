"""Status of the source records (W1-W4, W9) and what partners changed of their leads (W11).

Every source record of a lead gets it; one that was merged into another gets it there. A row's sequence counts
up per record; a newer row supersedes an older one that was not sent yet.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from leadline.collector import collector_paused
from leadline.hub import Hub, now_us
from leadline.hub.keys import FIELD, digest, history_id
from leadline.hub.schema import lead
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import SftpSource
from leadline.ports import RowResult, StatusRow, SupplierSystem, text_of
from leadline.retries import Retries
from leadline.runs import RunContext, count_queued, from_us
from leadline.write_back.bodies import body_of, targets_of
from leadline.write_back.doubts import Body, doubts_of_loaded, perhaps_held, surely_held, take_up
from leadline.write_back.echoes import expect_echoes, still_held
from leadline.write_back.outbox import Outbox, WriteCounts, WriteLimits, drain, silent, state_of

logger = logging.getLogger(__name__)

QUEUE_ROWS = 20_000
_QUEUED = ("identity", "sequence", "lead_id", "body", "body_hash", "lead_at")
_STORED = ("identity", "sequence", "lead_id", "state", "attempts", "not_before", "vendor_code", "message")
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode

Waiting = Row[tuple[object, ...]]


def queue(hub: Hub, ctx: RunContext, mapping: SupplierMapping) -> int:
    """Queue status for every source record to which something else was written last; return how many.

    Leads that routing has not looked at yet have no status to tell.
    """
    targets = targets_of(mapping.write_back)
    if not targets:
        return 0
    queued, looked = 0, QUEUE_ROWS
    _look_at_all_if_new(hub, ctx, targets)
    while looked == QUEUE_ROWS:
        with collector_paused(), hub.transaction(ctx.supplier) as connection:
            hub.load_columns(connection, "load_lead", (lead.c.lead_id,), ())
            looking = hub.run(connection, "writeback_looking", supplier=ctx.supplier, most=QUEUE_ROWS)
            looked = looking.rowcount
            rows: list[tuple[object, ...]] = []
            doubts = doubts_of_loaded(hub, connection, ctx.supplier)
            for row in hub.run(connection, "writeback_changed", supplier=ctx.supplier).all():
                written = _decode(row.written_body) if row.written_body else {}
                told, doubtful = written, doubts.get(row.identity, ())
                body = body_of(row, mapping.write_back, perhaps_held(told, doubtful), targets=targets)
                if row.partner_changes:
                    told = still_held(told, row.partner_changes, mapping)
                if doubtful:
                    told = surely_held(told, doubtful)
                news = _says_more(body, told)
                again = news and len(told) < len(written)  # the same words, which it may hold no longer
                text = _encode(body).decode()
                body_hash = digest(text)
                # What was refused is not tried again until it says something else, or another record stands
                # for the lead.
                moved = row.written_hash == ""
                open_ = row.latest_state == "waiting" or (row.latest_state == "refused" and not moved)
                if body_hash == (row.latest_hash if open_ else row.written_hash) and (open_ or not again):
                    continue
                if (body_hash == row.written_hash and not again) or not news:
                    if row.latest_state == "waiting":
                        rows.append((row.identity, row.sequence + 1, row.lead_id, None, None, row.updated_at))
                else:
                    rows.append(
                        (row.identity, row.sequence + 1, row.lead_id, text, body_hash, row.updated_at)
                    )
                    queued += 1
            if rows:
                hub.load(connection, "writeback", _QUEUED, rows)
                at = now_us()
                hub.run(connection, "writeback_supersede", supplier=ctx.supplier)
                inserted = hub.run(
                    connection, "writeback_insert", supplier=ctx.supplier, run_id=ctx.run_id, at=at
                )
                count_queued(hub, connection, ctx, write_backs=inserted.rowcount)
                hub.run(connection, "writeback_number", supplier=ctx.supplier)
            hub.run(connection, "writeback_looked", supplier=ctx.supplier)
    return queued


def _look_at_all_if_new(hub: Hub, ctx: RunContext, targets: Mapping[str, str]) -> None:
    """Have every lead looked at once more where the mapping names other values than it did before."""
    with hub.transaction(ctx.supplier) as connection:
        named = digest(*sorted(targets))
        if hub.run(connection, "writeback_looked_for", supplier=ctx.supplier, targets=named).rowcount:
            hub.run(connection, "writeback_look_at_all", supplier=ctx.supplier)


def _says_more(body: dict[str, str | None], told: dict[str, str | None]) -> bool:
    """Tell whether a body holds anything that the record was not told; what it lacks is no news."""
    return any(name not in told or told[name] != value for name, value in body.items())


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
    if not targets_of(mapping.write_back):
        return WriteCounts()
    limits = limits or WriteLimits()

    def send() -> list[str] | None:
        rows, doubts = _take(hub, ctx, mapping, limits.chunk_rows)
        return _send(hub, ctx, mapping, system, rows, doubts, limits.retries) if rows else None

    outbox = Outbox(hub, ctx.supplier, "writeback_due", "writeback_open")
    counts = drain(outbox, f"write_back:{ctx.supplier}", send, limits, sleep)
    logger.info(
        "%s: %d written back, %d refused, %d waiting",
        ctx.supplier,
        counts.written,
        counts.refused,
        counts.waiting,
    )
    return counts


def _take(
    hub: Hub, ctx: RunContext, mapping: SupplierMapping, most: int
) -> tuple[Sequence[Waiting], Mapping[str, Sequence[Body]]]:
    """Return rows to send, of which that is noted, and what their records may hold without our knowing."""
    with hub.transaction(ctx.supplier) as connection:
        rows = hub.run(
            connection,
            "writeback_take",
            table_lead_fields=bool(_lead_fields(mapping)),
            table_partner_changes=bool(mapping.write_back.fields),
            supplier=ctx.supplier,
            now=now_us(),
            most=most,
        ).all()
        keys = [(row.identity, row.sequence, row.lead_id) for row in rows]
        return rows, take_up(hub, connection, ctx.supplier, keys) if keys else {}


def _lead_fields(mapping: SupplierMapping) -> tuple[str, ...]:
    """Return the lead fields that the columns of a status file name; other suppliers have none."""
    if not isinstance(mapping.source, SftpSource):
        return ()
    named = set(mapping.write_back.file.columns.values())
    return tuple(field.name for field in mapping.fields if field.name in named)


def _send(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    system: SupplierSystem,
    rows: Sequence[Waiting],
    doubts: Mapping[str, Sequence[Body]],
    retries: Retries,
) -> list[str]:
    """Send one chunk, keep its results and return the new states."""
    waiting = {row.identity: row for row in rows}
    results: list[tuple[Waiting, RowResult]] = []
    states: list[str] = []
    try:
        for result in system.write_back(list(_statuses(rows, doubts, mapping))):
            if (row := waiting.pop(result.key, None)) is not None:
                results.append((row, result))
        results += [(row, silent(key)) for key, row in waiting.items()]
    finally:
        states = _store(hub, ctx, mapping, results, retries)
    return states


def _statuses(
    rows: Sequence[Waiting], doubts: Mapping[str, Sequence[Body]], mapping: SupplierMapping
) -> Iterator[StatusRow]:
    """Yield rows as they are sent: of the lead's own fields only those that were not told yet, for what the
    supplier made of them since is its own. A status file has all, for a blank cell would say nothing."""
    fields, lead_fields = targets_of(mapping.write_back), _lead_fields(mapping)
    to_file = isinstance(mapping.source, SftpSource)
    for row in rows:
        body = _decode(row.body)
        if not to_file:
            told = still_held(
                _decode(row.written_body) if row.written_body else {}, row.partner_changes, mapping
            )
            told = surely_held(told, doubts.get(row.identity, ()))
            body = {
                name: value
                for name, value in body.items()
                if not name.startswith(FIELD) or name not in told or told[name] != value
            }
        record_id = row.record_id or ""
        known = {"email": row.email} | _decode(row.attributes) if row.attributes else {}
        yield StatusRow(
            row.identity,
            record_id,
            row.sequence,
            {fields[name]: value for name, value in body.items() if name in fields},
            row.lead_id,
            record_id,
            run_id=row.run_id,
            queued_at=from_us(row.queued_at),
            campaign_key=row.campaign_key,
            lead={name: text_of(known.get(name)) for name in lead_fields},
        )


def _store(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    results: Sequence[tuple[Waiting, RowResult]],
    retries: Retries,
) -> list[str]:
    """Keep results, what was written last, and history lines, in one commit; return the new states."""
    if not results:
        return []
    stored: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    echoing: dict[str, dict[str, str | None]] = {}
    states: list[str] = []
    for row, result in results:
        attempts = row.attempts + 1
        state, not_before = state_of(result, attempts, retries)
        states.append(state)
        key = (row.identity, row.sequence, row.lead_id)
        stored.append((*key, state, attempts, not_before, result.code, result.message))
        if state == "waiting":
            continue
        # Few suppliers are told fields of the lead: the text says so sooner than its values.
        if state == "sent" and FIELD in row.body:
            told = {
                name.removeprefix(FIELD): text
                for name, text in _decode(row.body).items()
                if name.startswith(FIELD)
            }
            if told:
                echoing[row.identity] = told
        kind = "written_back" if state == "sent" else "write_back_refused"
        after = {"identity": row.identity, "sequence": row.sequence} | (
            {"values": msgspec.Raw(row.body)} if result.ok else {"code": result.code, "field": result.field}
        )
        line = _encode(after).decode()
        lines.append((row.lead_id, history_id(row.identity, row.sequence, kind), kind, line))
    with hub.transaction(ctx.supplier) as connection:
        at = now_us()
        hub.load(connection, "writeback", _STORED, stored)
        hub.run(connection, "writeback_look_again", supplier=ctx.supplier)
        hub.run(connection, "writeback_store", supplier=ctx.supplier, at=at)
        hub.run(connection, "writeback_written", supplier=ctx.supplier)
        expect_echoes(hub, connection, ctx, mapping, echoing)
        if lines:
            hub.load(connection, "history", ("lead_id", "event_id", "kind", "after"), lines)
            by_us = {"run_id": ctx.run_id, "task": ctx.task, "actor": ctx.actor}
            hub.run(connection, "writeback_history", supplier=ctx.supplier, at=at, **by_us)
    return states
