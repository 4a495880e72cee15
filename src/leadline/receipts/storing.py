"""Reading the hub's side of a batch, and writing what was decided; all in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection

from leadline.hub import Hub, keys, now_us
from leadline.hub.schema import history, lead, receipt, source_link
from leadline.manifests import Batch
from leadline.receipts.ledger import replayed_row
from leadline.receipts.outcomes import Verdict
from leadline.receipts.rows import Row
from leadline.receipts.world import Event, Lead, Link, World
from leadline.runs import RunContext

_INCOMING: Sequence[Column[Any]] = (
    receipt.c.row,
    receipt.c.line,
    receipt.c.identity,
    receipt.c.outcome,
    receipt.c.lead_id,
    receipt.c.reasons,
    receipt.c.replay_of_row,
    # a new source link
    source_link.c.record_id,
    source_link.c.campaign_key,
    source_link.c.fingerprint,
    source_link.c.stamp,
    source_link.c.deleted_at,
    source_link.c.merged_into,
    # a new lead
    lead.c.merge_key,
    lead.c.email,
    lead.c.email_key,
    lead.c.preassigned,
    lead.c.attributes,
    lead.c.status,
)
# Marks in `deleted_at` and `status` of rows that found neither link nor lead.
_NO_LINK, _NEW_LEAD = -1, "unassigned"
_LONGEST_MERGE = 10  # records, each merged into the next
_NO_LEAD = (None, None, None, None, None, None)
_NOTHING = (None, None, None, None, _NO_LINK, None, *_NO_LEAD)


def read_world(hub: Hub, connection: Connection, ctx: RunContext, batch: Batch, rows: Sequence[Row]) -> World:
    """Return what the hub holds of these rows: their links, and every lead that one of them may change."""
    world = World()
    if batch.origin.startswith("file:") and not _came_before(hub, connection, ctx, batch):
        return world  # its identities name the file: the hub can know none of them
    merging = any(row.merge_key for row in rows)
    wanted = ((row.identity, row.lead_id if row.merge_key else None, row.merge_key) for row in rows)
    columns = (source_link.c.identity, source_link.c.lead_id, lead.c.merge_key)
    hub.load_columns(connection, "load_wanted", columns, wanted)
    for link in hub.run(connection, "source_link_wanted", supplier=ctx.supplier):
        _keep_link(world, link)
    if merging:
        for found in hub.run(connection, "lead_by_merge_key", supplier=ctx.supplier):
            world.by_merge_key[found.merge_key] = found.lead_id
        world.taken.update(one for (one,) in hub.run(connection, "lead_taken", supplier=ctx.supplier))
    survivors = {row.merged_into for row in rows if row.merged_into}
    # What is new here may be a survivor, and so may what ends before it came.
    new = (row for row in rows if row.identity not in world.links)
    ended_or_all = (row for row in new if merging or row.deleted or row.merged_into)
    survivors |= {row.record_id for row in ended_or_all if row.record_id}
    if survivors:
        hub.load(connection, "source_link", ["record_id"], ((one,) for one in survivors))
        for link in hub.run(connection, "source_link_by_record", supplier=ctx.supplier):
            _keep_link(world, link)
            world.records.setdefault(link.record_id, []).append(link.identity)
    _read_leads(hub, connection, ctx, world, rows)
    return world


def _came_before(hub: Hub, connection: Connection, ctx: RunContext, batch: Batch) -> bool:
    values = {"supplier": ctx.supplier, "run_id": ctx.run_id, "origin": batch.origin}
    return bool(hub.run(connection, "batch_origin_known", **values).scalar_one())


def _keep_link(world: World, row: Any) -> None:
    world.links[row.identity] = Link(
        row.lead_id,
        row.record_id,
        row.campaign_key,
        row.fingerprint,
        row.stamp,
        row.deleted_at is not None,
        row.merged_into,
    )


def _read_leads(hub: Hub, connection: Connection, ctx: RunContext, world: World, rows: Sequence[Row]) -> None:
    needed = set(world.by_merge_key.values())
    needed.update(world.links[identity].lead_id for found in world.records.values() for identity in found)
    for row in rows:
        link = world.links.get(row.identity)
        if link is not None and link.fingerprint != row.fingerprint:
            needed.add(link.lead_id)
    if not needed:
        return
    hub.load(connection, "lead", ["lead_id"], ((one,) for one in needed))
    for found in hub.run(connection, "lead_needed", supplier=ctx.supplier):
        world.leads[found.lead_id] = Lead(**found._mapping)
    _read_unconfirmed(hub, connection, ctx, world)


def _read_unconfirmed(hub: Hub, connection: Connection, ctx: RunContext, world: World) -> None:
    """Note what was sent of partners' changes and never confirmed: a record that has it tells no news."""
    changed = [one.lead_id for one in world.leads.values() if one.partner_changes]
    if not changed:
        return
    hub.load(connection, "lead", ["lead_id"], ((one,) for one in changed))
    for row in hub.run(connection, "writeback_doubtful", supplier=ctx.supplier):
        may_hold = world.leads[row.lead_id].may_hold
        for name, text in json.loads(row.body).items():
            if name.startswith(keys.FIELD):
                may_hold.setdefault(name.removeprefix(keys.FIELD), set()).add(text)


def write_batch(
    hub: Hub,
    connection: Connection,
    ctx: RunContext,
    batch: Batch,
    rows: Sequence[Row],
    verdicts: Sequence[Verdict],
    refused: Iterable[tuple[Any, ...]],
    world: World,
) -> None:
    """Write receipts, leads, links and history lines of one batch."""
    now = now_us()
    values = {"supplier": ctx.supplier, "run_id": ctx.run_id, "batch_id": batch.batch_id, "now": now}
    by_us = {"task": ctx.task, "actor": ctx.actor}
    hub.load_columns(connection, "load_incoming", _INCOMING, _incoming(batch, rows, verdicts, refused, world))
    hub.run(connection, "receipt_write", replay_of=batch.replay_of, **_only(values, "now"))
    changed = world.changed_leads.keys() - world.lead_founders.keys()
    if changed:
        _load_changed_leads(hub, connection, world, changed)
        hub.run(connection, "lead_free_merge_key", supplier=ctx.supplier)
    hub.run(connection, "lead_found", mapping_hash=ctx.mapping_hash, **values)
    hub.run(connection, "source_link_found", supplier=ctx.supplier, now=now)
    hub.run(connection, "history_received", **by_us, **_only(values, "batch_id"))
    if changed:
        hub.run(connection, "lead_change", supplier=ctx.supplier, mapping_hash=ctx.mapping_hash, now=now)
    _write_links(hub, connection, ctx, world, now)
    _look_again(hub, connection, ctx, world)
    _write_events(hub, connection, ctx, batch, world, now)
    _settle_sources(hub, connection, ctx, batch, world, now)


def _incoming(
    batch: Batch,
    rows: Sequence[Row],
    verdicts: Sequence[Verdict],
    refused: Iterable[tuple[Any, ...]],
    world: World,
) -> Iterator[tuple[Any, ...]]:
    replaying = batch.replay_of is not None
    links, leads = world.links, world.leads
    again = None
    for row, (outcome, lead_id, founds_link, founds_lead) in zip(rows, verdicts, strict=True):
        if replaying:
            again = replayed_row(batch, row.row)
        head = (row.row, row.line, row.identity, outcome, lead_id, None, again)
        if not founds_link:
            yield head + _NOTHING
            continue
        # Rows that later rows of the batch changed were made into Link and Lead.
        link = links.get(row.identity, row)
        lead = leads.get(lead_id or "", row) if founds_lead else None
        yield (
            *head,
            link.record_id,
            link.campaign_key,
            link.fingerprint,
            link.stamp,
            None,
            link.merged_into,
            *(_lead_columns(lead) if lead is not None else _NO_LEAD),
        )
    for found in refused:
        again = replayed_row(batch, found[0]) if replaying else None
        yield (*found, again, *_NOTHING)


def _lead_columns(lead: Lead | Row) -> tuple[Any, ...]:
    return lead.merge_key, lead.email, lead.email_key, lead.preassigned, lead.attributes, _NEW_LEAD


def _load_changed_leads(hub: Hub, connection: Connection, world: World, changed: Iterable[str]) -> None:
    columns = [
        "lead_id",
        "merge_key",
        "email",
        "email_key",
        "campaign_key",
        "preassigned",
        "attributes",
        "fingerprint",
        "partner_changes",
    ]
    rows = (tuple(getattr(world.leads[one], name) for name in columns) for one in sorted(changed))
    hub.load(connection, "lead", columns, rows)


def _write_links(hub: Hub, connection: Connection, ctx: RunContext, world: World, now: int) -> None:
    if not world.changed_links:
        return
    columns = ["identity", "lead_id", "record_id", "fingerprint", "stamp", "deleted_at", "merged_into"]
    rows = (
        (
            identity,
            link.lead_id,
            link.record_id,
            link.fingerprint,
            link.stamp,
            now if link.deleted else None,
            link.merged_into,
        )
        for identity, link in ((one, world.links[one]) for one in sorted(world.changed_links))
    )
    hub.load(connection, "source_link", columns, rows)
    hub.run(connection, "source_link_change", supplier=ctx.supplier)


def _look_again(hub: Hub, connection: Connection, ctx: RunContext, world: World) -> None:
    """Have leads looked at that a source record joined, came back to or took over: it knows nothing yet."""
    changed = (world.links[one] for one in world.changed_links)
    theirs = world.revived | {link.lead_id for link in changed if link.merged_into or link.moved}
    if theirs:
        hub.load(connection, "lead", ["lead_id"], ((one,) for one in sorted(theirs)))
        hub.run(connection, "writeback_look_at_these", supplier=ctx.supplier)
        hub.run(connection, "opportunity_look_at_leads", supplier=ctx.supplier)
        hub.run(connection, "event_write_again", supplier=ctx.supplier)


def _write_events(
    hub: Hub, connection: Connection, ctx: RunContext, batch: Batch, world: World, now: int
) -> None:
    if world.events:
        columns = [history.c[name] for name in ("lead_id", "event_id", "kind", "before", "after")]
        rows = (_event(batch, event) for event in world.events)
        hub.load_columns(connection, "load_history", columns, rows)
        hub.run(
            connection,
            "history_write",
            supplier=ctx.supplier,
            run_id=ctx.run_id,
            task=ctx.task,
            actor=ctx.actor,
            now=now,
        )


def _event(batch: Batch, event: Event) -> tuple[Any, ...]:
    event_id = keys.history_id(batch.batch_id, event.row, event.kind)
    return event.lead_id, event_id, event.kind, _json(event.before), _json(event.after)


def _settle_sources(
    hub: Hub, connection: Connection, ctx: RunContext, batch: Batch, world: World, now: int
) -> None:
    """Close or flag leads that lost their last source record; take that back where one returned."""
    touched = world.bereft | world.revived
    if not touched:
        return
    events = ((one, keys.history_id(batch.batch_id, "closed", one)) for one in sorted(touched))
    hub.load_columns(connection, "load_touched", (history.c.lead_id, history.c.event_id), events)
    for _ in range(_LONGEST_MERGE):  # then those that were merged into the ones just found
        if not hub.run(connection, "source_link_go_along", supplier=ctx.supplier).rowcount:
            break
    values = {"supplier": ctx.supplier, "now": now}
    by_us = {"run_id": ctx.run_id, "task": ctx.task, "actor": ctx.actor}
    hub.run(connection, "history_closed", **values, **by_us)
    hub.run(connection, "lead_close", **values)
    hub.run(connection, "lead_reopen", **values)


def _only(values: dict[str, Any], *without: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in without}


def _json(value: dict[str, Any]) -> str | None:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True) if value else None
