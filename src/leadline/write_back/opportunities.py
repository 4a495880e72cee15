"""Opportunity records in the supplier's system (W6, W7): created once, updated when they changed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Row

from leadline.hub import Hub, now_us
from leadline.hub.keys import digest, history_id
from leadline.hub.schema import opportunity
from leadline.mapping.model import SupplierMapping
from leadline.partners import load_partners
from leadline.ports import OpportunityWrite, RowResult, SupplierSystem, text_of
from leadline.runs import RunContext, count_queued
from leadline.write_back.outbox import Outbox, WriteCounts, WriteLimits, drain, silent, state_of
from leadline.write_back.troubles import LEAD_GONE, RECORD_GONE

CHUNK_ROWS = 1_000
QUEUE_ROWS = 20_000
_QUEUED = ("opportunity_id", "sequence", "lead_id", "body", "body_hash")
_COLUMNS = ("state", "attempts", "not_before", "vendor_code", "vendor_field", "message")
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode

Waiting = Row[tuple[object, ...]]


def queue_opportunities(hub: Hub, ctx: RunContext, mapping: SupplierMapping) -> int:
    """Queue the opportunities whose record at the supplier says something else, or is not there yet.

    One opportunity is one record, of the lead's first source record; what waits for a lead that has none any
    more waits no longer. What was refused is not tried again until it says something else.
    """
    chosen = mapping.write_back.opportunities
    if chosen is None:
        return 0
    with hub.transaction(ctx.supplier) as connection:
        hub.run(connection, "opportunity_write_homeless", supplier=ctx.supplier)
        _look_at_all_if_new(hub, connection, ctx, mapping)
    queued, looked = 0, QUEUE_ROWS
    while looked == QUEUE_ROWS:
        with hub.transaction(ctx.supplier) as connection:
            hub.load_columns(connection, "load_opportunity", (opportunity.c.opportunity_id,), ())
            looking = hub.run(connection, "opportunity_looking", supplier=ctx.supplier, most=QUEUE_ROWS)
            looked = looking.rowcount
            queued += _queue_loaded(hub, connection, ctx, mapping)
            hub.run(connection, "opportunity_looked", supplier=ctx.supplier)
    return queued


def _look_at_all_if_new(hub: Hub, connection: Connection, ctx: RunContext, mapping: SupplierMapping) -> None:
    """Have every opportunity looked at once more where other fields, words or partners' names are told."""
    chosen = mapping.write_back.opportunities
    fields = dict(chosen.fields) if chosen else {}
    names = [f"{one.id}:{one.name}" for one in load_partners(hub, connection, ctx.supplier)]
    named = digest(_encode(fields), _encode(mapping.write_back.status_labels), *names)
    if hub.run(connection, "opportunity_looked_for", supplier=ctx.supplier, targets=named).rowcount:
        hub.run(connection, "opportunity_look_at_all", supplier=ctx.supplier)


def _queue_loaded(hub: Hub, connection: Connection, ctx: RunContext, mapping: SupplierMapping) -> int:
    rows: list[tuple[object, ...]] = []
    for row in hub.run(connection, "opportunity_changed", supplier=ctx.supplier).all():
        body = _encode(_body(row, mapping))
        body_hash = digest(body)
        open_ = row.latest_state in ("waiting", "refused")
        if body_hash == (row.latest_hash if open_ else row.written_hash) and (open_ or not row.doubtful):
            continue
        if body_hash == row.written_hash and not row.doubtful:
            rows.append((row.opportunity_id, row.sequence + 1, row.lead_id, None, None))
        else:
            rows.append((row.opportunity_id, row.sequence + 1, row.lead_id, body, body_hash))
    if rows:
        hub.load(connection, "opportunity_write", _QUEUED, rows)
        hub.run(connection, "opportunity_write_supersede", supplier=ctx.supplier)
        values = {"run_id": ctx.run_id, "at": now_us()}
        inserted = hub.run(connection, "opportunity_write_insert", supplier=ctx.supplier, **values)
        count_queued(hub, connection, ctx, opportunities=inserted.rowcount)
        hub.run(connection, "opportunity_write_number", supplier=ctx.supplier)
    return sum(1 for row in rows if row[3] is not None)


def _body(row: Waiting, mapping: SupplierMapping) -> dict[str, str | None]:
    labels = mapping.write_back.status_labels
    values = {
        "name": row.name,
        "stage": row.stage,
        "status": labels.get(f"opportunity_{row.status}", row.status),
        "probability": row.probability,
        "amount": row.amount,
        "currency": row.currency,
        "close_date": row.close_date,
        "partner_id": row.partner_id,
        "partner_name": row.partner_name,
        "sales_rep_name": row.owner_name if row.owner_email else row.rep_name,
        "sales_rep_email": row.owner_email or row.rep_email,
    }
    chosen = mapping.write_back.opportunities
    names = chosen.fields if chosen else {}
    return {name: text_of(values[name]) for name in names if name in values}


def write_opportunities(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    system: SupplierSystem,
    *,
    limits: WriteLimits | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> WriteCounts:
    """Write the opportunities that are queued; a create that is repeated finds its record by our id.

    Raises:
        LeadlineError: A whole call failed. What was known by then is stored; the rest waits.
    """
    limits = limits or WriteLimits(chunk_rows=CHUNK_ROWS)

    def send() -> list[str] | None:
        with hub.transaction(ctx.supplier) as connection:
            values = {"supplier": ctx.supplier, "now": now_us(), "most": limits.chunk_rows}
            rows = hub.run(connection, "opportunity_write_take", **values).all()
            keys = [(row.opportunity_id, row.sequence) for row in rows]
            hub.load(connection, "opportunity_write", ("opportunity_id", "sequence"), keys)
            hub.run(connection, "opportunity_write_taken", supplier=ctx.supplier)
        return _send(hub, ctx, mapping, system, rows, limits) if rows else None

    outbox = Outbox(hub, ctx.supplier, "opportunity_write_due", "opportunity_write_open")
    return drain(outbox, f"opportunity_writes:{ctx.supplier}", send, limits, sleep)


def _send(
    hub: Hub,
    ctx: RunContext,
    mapping: SupplierMapping,
    system: SupplierSystem,
    rows: Sequence[Waiting],
    limits: WriteLimits,
) -> list[str]:
    chosen = mapping.write_back.opportunities
    fields = chosen.fields if chosen else {}
    waiting = {f"{row.opportunity_id}:{row.sequence}": row for row in rows}
    writes = [
        OpportunityWrite(
            key,
            row.opportunity_id,
            row.source_record_id,
            row.lead_record_id,
            {fields[name]: value for name, value in json.loads(row.body).items() if name in fields},
            row.sequence,
        )
        for key, row in waiting.items()
    ]
    results: list[tuple[Waiting, RowResult]] = []
    states: list[str] = []
    try:
        for result in system.write_opportunities(writes):
            if (row := waiting.pop(result.key, None)) is not None:
                results.append((row, result))
        results += [(row, silent(key)) for key, row in waiting.items()]
    finally:
        states = _store(hub, ctx, results, limits)
    return states


def _store(
    hub: Hub, ctx: RunContext, results: Sequence[tuple[Waiting, RowResult]], limits: WriteLimits
) -> list[str]:
    """Keep results, the records' ids and history lines in one commit; return the new states."""
    if not results:
        return []
    stored: list[tuple[object, ...]] = []
    records: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    for row, result in results:
        attempts = row.attempts + 1
        state, not_before = state_of(result, attempts, limits.retries)
        code = result.code
        if result.stale and not result.ok:  # one that has no record yet can only lack its lead
            code = RECORD_GONE if row.source_record_id else LEAD_GONE
        became = (state, attempts, not_before, code, result.field, result.message)
        stored.append((row.opportunity_id, row.sequence, *became))
        if state == "waiting":
            continue
        kind = "opportunity_written" if state == "sent" else "opportunity_write_refused"
        if state == "sent":
            record_id = result.record_id or row.source_record_id
            records.append((row.opportunity_id, record_id, row.body_hash))
            after: dict[str, object] = {"opportunity": row.opportunity_id, "record": record_id}
            after["values"] = json.loads(row.body)
        else:
            after = {"opportunity": row.opportunity_id, "code": code, "field": result.field}
        event_id = history_id(row.opportunity_id, row.sequence, kind)
        lines.append((row.lead_id, event_id, kind, _encode(after)))
    with hub.transaction(ctx.supplier) as connection:
        at = now_us()
        hub.load(connection, "opportunity_write", ("opportunity_id", "sequence", *_COLUMNS), stored)
        hub.run(connection, "opportunity_look_again", supplier=ctx.supplier)
        hub.run(connection, "opportunity_write_store", supplier=ctx.supplier, at=at)
        if records:
            columns = ("opportunity_id", "source_record_id", "written_hash")
            hub.load(connection, "opportunity", columns, records)
            hub.run(connection, "opportunity_written", supplier=ctx.supplier)
        if lines:
            hub.load(connection, "history", ("lead_id", "event_id", "kind", "after"), lines)
            by_us = {"run_id": ctx.run_id, "task": ctx.task, "actor": ctx.actor}
            hub.run(connection, "writeback_history", supplier=ctx.supplier, at=at, **by_us)
    return [str(one[2]) for one in stored]
