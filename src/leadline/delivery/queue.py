"""What waits to go to partners' CRMs: first pushes, later updates, and which accounts have work."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Row

from leadline.delivery.decision import encode_json
from leadline.delivery.payload import matters
from leadline.hub import Hub, now_us
from leadline.hub.keys import delivery_id
from leadline.mapping.model import SupplierMapping
from leadline.partners import PUSHED_WHILE_PENDING, Partner, load_partners
from leadline.runs import RunContext, count_queued

_COLUMNS = (
    "delivery_id",
    "assignment_id",
    "sequence",
    "lead_id",
    "partner_id",
    "account_id",
    "changed",
    "queued_at",
)
CHUNK_ROWS = 50_000


def queue_first(
    hub: Hub, connection: Connection, ctx: RunContext, assignment_ids: Iterable[str] | None = None
) -> int:
    """Queue the first push of assignments that have none yet; return how many were queued.

    Taken are active, accepted assignments of partners that synchronise with a CRM account, and pending ones
    where the CRM takes every lead. They go in the order in which their leads were received. The caller's
    transaction holds the supplier's lock.

    Args:
        assignment_ids: Only these are looked at, such as a batch just assigned; None: all there are.
    """
    accounts = {
        one.id: one.crm
        for one in load_partners(hub, connection, ctx.supplier)
        if one.crm is not None and one.synchronize
    }
    if not accounts:
        return 0
    chosen = ""
    if assignment_ids is not None:
        chosen = hub.load(connection, "assignment", ["assignment_id"], ((one,) for one in assignment_ids))
    queued = 0
    while True:
        hub.load(connection, "partner", ["partner_id", "account_id"], accounts.items())
        rows = hub.run(
            connection,
            "delivery_first",
            table_chosen=chosen,
            supplier=ctx.supplier,
            pending_type=PUSHED_WHILE_PENDING,
            most=CHUNK_ROWS,
        ).all()
        if not rows:
            return queued
        start = now_us()
        _insert(
            hub,
            connection,
            ctx,
            (
                (
                    delivery_id(ctx.supplier, row.assignment_id, 1),
                    row.assignment_id,
                    1,
                    row.lead_id,
                    row.partner_id,
                    row.account_id,
                    None,
                    start + place,
                )
                for place, row in enumerate(rows)
            ),
        )
        hub.run(connection, "assignment_queued", supplier=ctx.supplier)
        queued += len(rows)


def queue_updates(
    hub: Hub,
    connection: Connection,
    ctx: RunContext,
    mapping: SupplierMapping,
    changes: Iterable[tuple[str, Sequence[str]]],
) -> int:
    """Queue updates of leads that were pushed and have changed; return how many were queued.

    Only what the partner lets in is queued: Lead Field Updates, and custom fields for the notes. A lead
    that still waits for its first push needs nothing, for that takes the values of the moment, unless a push
    may be reading just now. An update supersedes an older one that waits, and takes over what that was
    about.

    Args:
        changes: (lead id, names of the fields that changed), in the transaction that changes the leads.
    """
    listed = ((lead, encode_json(sorted(names))) for lead, names in changes)
    hub.load(connection, "delivery", ["lead_id", "changed"], listed)
    found = hub.run(
        connection, "delivery_changed", supplier=ctx.supplier, pending_type=PUSHED_WHILE_PENDING
    ).all()
    if not found:
        return 0
    partners = {one.id: one for one in load_partners(hub, connection, ctx.supplier)}
    shared = {one.name for one in mapping.shared_fields}
    start = now_us()
    rows: list[tuple[object, ...]] = []
    for row in found:
        partner = partners.get(row.partner_id)
        if partner is None or partner.crm is None or not partner.synchronize:
            continue
        names = frozenset(json.loads(row.changed))
        if row.latest is None and row.state == "waiting" and not row.at_work:
            continue  # a first push takes the values of the moment it is read
        if row.latest is None and row.state == "refused":
            about = names & shared  # it may pass with a corrected value, and is then about everything
        else:
            about = _about(names, row, mapping, partner)
        if not about:
            continue
        number = row.sequence + 1
        rows.append(
            (
                delivery_id(ctx.supplier, row.assignment_id, number),
                row.assignment_id,
                number,
                row.lead_id,
                row.partner_id,
                row.account_id,
                None if row.latest is None and row.state == "refused" else encode_json(sorted(about)),
                start + len(rows),
            )
        )
    if rows:
        _insert(hub, connection, ctx, rows)
        hub.run(connection, "delivery_supersede", supplier=ctx.supplier)
    return len(rows)


def _about(
    names: frozenset[str], row: Row[tuple[object, ...]], mapping: SupplierMapping, partner: Partner
) -> frozenset[str]:
    """Return the fields that a later update is about, with those of one that it replaces."""
    about = frozenset(one.name for one in mapping.fields if one.name in names and matters(one, partner))
    if about and row.latest is not None and row.state in ("waiting", "refused"):
        about |= frozenset(json.loads(row.latest))
    return about


def _insert(hub: Hub, connection: Connection, ctx: RunContext, rows: Iterable[tuple[object, ...]]) -> None:
    hub.load(connection, "delivery", _COLUMNS, rows)
    inserted = hub.run(connection, "delivery_insert", supplier=ctx.supplier, run_id=ctx.run_id)
    count_queued(hub, connection, ctx, deliveries=inserted.rowcount)


def accounts_with_work(hub: Hub, supplier: str) -> list[str]:
    """Return the active CRM accounts for which something waits: records, notes or marketing events."""
    with hub.reading() as connection:
        rows = hub.run(connection, "delivery_accounts", supplier=supplier, pending_type=PUSHED_WHILE_PENDING)
        return sorted(account for (account,) in rows)
