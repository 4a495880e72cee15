"""Recounting one run: what there is, and every way in which two counts of the same thing differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Boolean, Column, Connection, select

from leadline.errors import RawDataGone
from leadline.hub import Hub
from leadline.hub.schema import batch, lead, partner, run
from leadline.hub.schema import pull as pull_table
from leadline.manifests import Batch, Manifest
from leadline.partners import load_accounts, load_partners
from leadline.ports import Kind
from leadline.runs import RunContext
from leadline.staging import Staging

KINDS: tuple[Kind, ...] = ("leads", "campaigns")
OUTCOMES = ("quarantined", "filtered", "known", "updated", "new")
WRONG_RECEIPTS = {
    "unreasoned": "quarantined receipts without a reason, or others with one",
    "misnamed": "receipts that should name a lead and do not, or the other way round",
    "bereft": "known or updated receipts whose lead is gone",
    "unlinked": "receipts of leads whose source record is not linked",
}
"""What `books_batches` counts beside outcomes, in words."""
DELIVERY_STATES = ("waiting", "decided", "sent", "refused", "superseded")
WRITE_BACK_STATES = ("waiting", "sent", "refused", "superseded")
TOLD = {"write_backs": "writeback", "events": "event_write", "opportunities": "opportunity_write"}
"""Outboxes towards the supplier, by what a run's books call them."""


@dataclass(frozen=True)
class Books:
    """What one run did, in rows, leads and deliveries; `differences` is empty when they balance.

    Attributes:
        received: Rows of lead batches, and how they came out: `quarantined` to `new`.
        assigned, unassigned: First decisions on the new leads; `held`: they wait for a release; `unjudged`:
            for a verdict on their pull.
        deliveries: Those that this run queued, by where they stand, with their sum as `queued`; likewise
            `write_backs`, `events` and `opportunities` towards the supplier.
        campaigns: Rows of campaign batches by outcome, with their sum as `received`.
        known_files: Names of files whose content was received before; `unreadable_files` likewise.
    """

    received: int = 0
    quarantined: int = 0
    filtered: int = 0
    known: int = 0
    updated: int = 0
    new: int = 0
    assigned: int = 0
    unassigned: int = 0
    held: int = 0
    unjudged: int = 0
    deliveries: dict[str, int] = field(default_factory=dict)
    write_backs: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    opportunities: dict[str, int] = field(default_factory=dict)
    campaigns: dict[str, int] = field(default_factory=dict)
    known_files: tuple[str, ...] = ()
    unreadable_files: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    @property
    def balanced(self) -> bool:
        """Return whether every recount agrees."""
        return not self.differences

    def to_dict(self) -> dict[str, Any]:
        """Return the books as they are kept on the run."""
        return asdict(self)


def recount(
    hub: Hub, connection: Connection, staging: Staging, ctx: RunContext, beside: Connection | None = None
) -> Books:
    """Return the run's books as they are now, in the caller's transaction.

    Args:
        beside: A connection that sees the same: receipts are counted there, at the same time as leads.
    """
    differences: list[str] = []
    manifests: list[Manifest] = []
    judged: dict[str, str | None] = {}
    for kind in KINDS:
        pull = connection.execute(
            select(pull_table).where(
                pull_table.c.supplier == ctx.supplier,
                pull_table.c.run_id == ctx.run_id,
                pull_table.c.kind == kind,
            )
        ).one_or_none()
        manifest = staging.read_manifest(ctx.supplier, ctx.run_id, kind)
        judged[kind] = pull.judged if pull else None
        if (manifest is None) != (pull is None):
            differences.append(f"{kind}: only one of manifest and hub knows of a pull")
        elif manifest is not None and pull is not None and manifest.rows != pull.rows:
            differences.append(f"{kind}: {manifest.rows} rows in the manifest, {pull.rows} in the hub's pull")
        if manifest is not None:
            manifests.append(manifest)
    landed = [one for manifest in manifests for one in manifest.batches]
    differences += _raw_differences(staging, landed)
    differences += _batch_differences(connection, ctx, landed)
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(_count_receipts, hub, connection if beside is None else beside, ctx, landed)
        if beside in (None, connection):
            wait([counting])
        decisions = _load_scope(hub, connection, ctx)
    counts, founding, wrong = counting.result()
    differences += wrong
    founded = sum(decisions.values())
    if founded != founding:
        differences.append(f"{founded - founding} leads without their new receipt")
    differences += _named(hub, connection, ctx, "books_leads")
    differences += _named(hub, connection, ctx, "books_assignments")
    differences += _named(hub, connection, ctx, "books_deliveries")
    differences += _named(hub, connection, ctx, "books_write_backs")
    undecided = decisions.pop(None, 0)
    if undecided and judged["leads"] is None:
        differences.append(f"{undecided} new leads wait, for their pull is not judged")
    elif undecided and judged["leads"] != "held":
        differences.append(f"{undecided} new leads have no decision")
    new, decided = counts["leads"]["new"], sum(decisions.values())
    if new != undecided + decided:
        differences.append(f"{new} new rows, but first decisions on {undecided + decided} leads")
    deliveries = _by_state(hub, connection, ctx, "books_queued", DELIVERY_STATES)
    told = {
        name: _by_state(hub, connection, ctx, "books_outbox", WRITE_BACK_STATES, table_outbox=table)
        for name, table in TOLD.items()
    }
    differences += _queued_differences(connection, ctx, {"deliveries": deliveries, **told})
    return Books(
        received=sum(one.rows for one in landed if one.kind == "leads"),
        **counts["leads"],
        assigned=decisions.get("assigned", 0),
        unassigned=decisions.get("unassigned", 0),
        held=undecided if judged["leads"] == "held" else 0,
        unjudged=undecided if judged["leads"] is None else 0,
        deliveries=deliveries,
        write_backs=told["write_backs"],
        events=told["events"],
        opportunities=told["opportunities"],
        campaigns=counts["campaigns"]
        | {"received": sum(one.rows for one in landed if one.kind == "campaigns")},
        known_files=tuple(name for manifest in manifests for name in manifest.known_files),
        unreadable_files=tuple(one.name for manifest in manifests for one in manifest.unreadable),
        differences=tuple(differences),
    )


def _raw_differences(staging: Staging, landed: Iterable[Batch]) -> Iterator[str]:
    for one in landed:
        try:
            rows = staging.count_rows(one)
        except RawDataGone:
            continue  # raw data expires before books do
        if rows != one.rows:
            yield f"batch {one.batch_id}: {one.rows} rows in the manifest, {rows} in its raw data"


def _batch_differences(connection: Connection, ctx: RunContext, landed: Iterable[Batch]) -> Iterator[str]:
    query = select(batch).where(batch.c.supplier == ctx.supplier, batch.c.run_id == ctx.run_id)
    kept = {row.batch_id: row for row in connection.execute(query)}
    for one in landed:
        row = kept.pop(one.batch_id, None)
        if row is None:
            yield f"batch {one.batch_id} is in the manifest, not in the hub"
            continue
        if (row.kind, row.number, row.rows, row.replay_of) != (one.kind, one.number, one.rows, one.replay_of):
            yield f"batch {one.batch_id} is another one in the hub than in the manifest"
        if row.received_at is None:
            yield f"batch {one.batch_id} is not received"
    for batch_id in sorted(kept):
        yield f"batch {batch_id} is in the hub, not in the manifest"


def _load_batches(hub: Hub, connection: Connection, landed: Sequence[Batch]) -> None:
    rows = ((one.batch_id, one.kind, one.rows) for one in landed)
    hub.load_columns(connection, "load_landed", (batch.c.batch_id, batch.c.kind, batch.c.rows), rows)


def _count_receipts(
    hub: Hub, connection: Connection, ctx: RunContext, landed: Sequence[Batch]
) -> tuple[dict[Kind, dict[str, int]], int, list[str]]:
    """Return outcomes by kind, how many new receipts have the lead that they founded, and what is wrong."""
    _load_batches(hub, connection, landed)
    differences: list[str] = []
    counts = {kind: dict.fromkeys(OUTCOMES, 0) for kind in KINDS}
    wrong = dict.fromkeys(WRONG_RECEIPTS, 0)
    founding = 0
    wanted = {one.batch_id: one for one in landed}
    for row in hub.run(connection, "books_batches", supplier=ctx.supplier, run_id=ctx.run_id):
        one = wanted[row.batch_id]
        for outcome in OUTCOMES:
            counts[one.kind][outcome] += getattr(row, outcome)
        for name in wrong:
            wrong[name] += getattr(row, name)
        founding += row.founding
        if row.receipts != one.rows:
            differences.append(f"batch {one.batch_id}: {one.rows} rows, {row.receipts} receipts")
        if row.beyond:
            differences.append(f"batch {one.batch_id}: {row.beyond} receipts of rows that it does not have")
        if row.elsewhere:
            differences.append(f"batch {one.batch_id}: {row.elsewhere} receipts filed under another run")
        if row.receipts != sum(getattr(row, outcome) for outcome in OUTCOMES):
            differences.append(f"batch {one.batch_id}: receipts with an outcome that does not exist")
    differences += [f"{rows} {WRONG_RECEIPTS[name]}" for name, rows in wrong.items() if rows]
    if founding != counts["leads"]["new"]:
        differences.append(f"{counts['leads']['new'] - founding} new receipts without their lead")
    differences += _named(hub, connection, ctx, "books_receipts")
    return counts, founding, differences


def _load_scope(hub: Hub, connection: Connection, ctx: RunContext) -> dict[str | None, int]:
    """Note the leads to be looked at closely; return first decisions on those that this run founded."""
    standing: tuple[Column[Any], ...] = (lead.c.lead_id, lead.c.attempt, lead.c.decision, lead.c.status)
    hub.load_columns(connection, "load_founded", standing, ())
    hub.load_columns(connection, "load_scope", (*standing, Column("founded", Boolean)), ())
    hub.run(connection, "books_founded", supplier=ctx.supplier, run_id=ctx.run_id)
    connection.exec_driver_sql("CREATE UNIQUE INDEX load_founded_id ON load_founded (lead_id)")
    takes_pending = {one.id for one in load_accounts(hub, connection, ctx.supplier) if one.takes_pending}
    pushing = [
        (one.id, one.crm in takes_pending)
        for one in load_partners(hub, connection, ctx.supplier)
        if one.crm and one.synchronize
    ]
    columns = (partner.c.partner_id, Column("while_pending", Boolean))
    hub.load_columns(connection, "load_pushing", columns, pushing)
    if hub.dialect == "postgresql":
        connection.exec_driver_sql("ANALYZE load_founded")  # it knows nothing of temporary tables by itself
    hub.run(connection, "books_scope", supplier=ctx.supplier, run_id=ctx.run_id)
    if hub.dialect == "postgresql":
        connection.exec_driver_sql("ANALYZE load_scope")
    found = hub.run(connection, "books_decisions")
    return {row.decision: row.rows for row in found}


def _by_state(
    hub: Hub, connection: Connection, ctx: RunContext, statement: str, states: Iterable[str], **table: str
) -> dict[str, int]:
    counts = dict.fromkeys(states, 0)
    for row in hub.run(connection, statement, **table, supplier=ctx.supplier, run_id=ctx.run_id):
        counts[row.state] = row.rows
    return counts | {"queued": sum(counts.values())}


def _queued_differences(
    connection: Connection, ctx: RunContext, outboxes: Mapping[str, Mapping[str, int]]
) -> Iterator[str]:
    """Compare the outboxes with what was put into them: a lead's last row leaves no gap when it goes."""
    columns = [run.c[f"{name}_queued"] for name in outboxes]
    query = select(*columns).where(run.c.supplier == ctx.supplier, run.c.run_id == ctx.run_id)
    for (name, found), queued in zip(outboxes.items(), connection.execute(query).one(), strict=True):
        if queued != found["queued"]:
            yield f"{queued} {name.replace('_', '-')} were queued, {found['queued']} are there"


def _named(hub: Hub, connection: Connection, ctx: RunContext, statement: str) -> Iterator[str]:
    for row in hub.run(connection, statement, supplier=ctx.supplier, run_id=ctx.run_id):
        if row.rows:
            yield f"{row.rows} {row.what}"
