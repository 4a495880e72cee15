"""The story of a lead: pulled, checked, received, routed, pushed, written back, settled.

Each function is one task of a run. It joins steps that do not know each other and returns references and
counts. Any of them may be repeated at any time: what was done stays done, and the rest is done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from leadline import books, checks, delivery, landed, leases, pulls, reading, receipts, runs, takeover
from leadline import events as activities
from leadline import write_back as told
from leadline.campaigns import receive_campaigns
from leadline.chosen_campaigns import keep_chosen
from leadline.crm_logins import deactivated_accounts, noting_login
from leadline.drift import file_drift
from leadline.errors import (
    BooksDoNotBalance,
    ConfigurationError,
    FormRefused,
    ThresholdExceeded,
)
from leadline.hub import Hub
from leadline.landing import land
from leadline.manifests import Batch
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import SftpSource
from leadline.partners import CrmAccount, load_accounts
from leadline.ports import KINDS, Kind, PartnerCrm, RecordPage, SourceFile, SupplierSystem, Window
from leadline.preflight import Tell, keep_findings
from leadline.replay import Selection
from leadline.replay import replay as land_again
from leadline.routing import reroute_overdue, route_waiting
from leadline.runs import RunContext
from leadline.settings import settings
from leadline.staging import Staging

logger = logging.getLogger(__name__)

Counts = dict[str, Any]
CrmFactory = Callable[[CrmAccount, SupplierMapping], AbstractContextManager[PartnerCrm]]


def start(
    hub: Hub,
    mapping: SupplierMapping,
    *,
    run_id: str,
    dag_id: str,
    kind: runs.RunKind,
    window: Window | None,
    interval_end: datetime,
    actor: str,
    task: str = "start",
) -> RunContext:
    """Pin mapping and window to the run and return its context.

    A run that names no window reads from the watermark to `interval_end`; only scheduled ones move it.

    Raises:
        FormRefused: It is by hand, and one of its name was started before that reads another window: Airflow
            forgets a run that is deleted, and gives its name again.
    """
    named = kind == "manual" and window is not None
    window = window_of(hub, mapping, window, interval_end)
    ctx = runs.start_run(
        hub, mapping, run_id=run_id, dag_id=dag_id, kind=kind, task=task, actor=actor, window=window
    )
    pinned = runs.run_window(hub, ctx.supplier, run_id)
    if named and pinned is not None and pinned != window:
        raise FormRefused(
            f"{ctx.supplier}: a run '{run_id}' was started before, and reads what came {_told(pinned)}; "
            f"this one asks for what came {_told(window)}: start it under another id"
        )
    return ctx


def window_of(hub: Hub, mapping: SupplierMapping, window: Window | None, interval_end: datetime) -> Window:
    """Return what a run reads: the window it names, else from the watermark to `interval_end`.

    Raises:
        FormRefused: It names campaigns, and this supplier has files.
    """
    if window is None:
        return runs.window_for_scheduled(hub, mapping.key(), mapping, interval_end)
    if window.campaigns and isinstance(mapping.source, SftpSource):
        raise FormRefused(f"{mapping.supplier}: campaigns cannot be chosen for files; name a window instead")
    return window


def pull(
    hub: Hub,
    staging_url: str | None,
    ctx: RunContext,
    mapping: SupplierMapping,
    kind: Kind,
    system: SupplierSystem,
    window: Window | None,
    tell: Tell | None = None,
) -> list[Batch]:
    """Land this run's window as the supplier's only reader, or find it landed; return its batches.

    Columns that its files had no more are kept as findings; `tell` is called with those that are new.
    """
    if window is None or not has_kind(mapping, kind):
        return []
    if kind == "campaigns":
        window = replace(window, campaigns=())
    with leases.sole_reader(hub, ctx) as extend:
        items = leases.extending(read(hub, ctx.supplier, system, kind, window), extend)
        manifest = land(hub, ctx, mapping, kind, items, window, Staging(staging_url), reading)
    if any(one.sha256 and one.rows for one in manifest.sources):
        found = file_drift(manifest, mapping)
        keep_findings(hub, ctx.supplier, ctx.run_id, {f"files:{kind}": found}, tell)
    return list(manifest.batches)


def replay(
    hub: Hub, staging_url: str | None, ctx: RunContext, selection: Selection, kind: Kind
) -> list[Batch]:
    """Land quarantined rows of an earlier run again as batches of this one; return these."""
    return list(land_again(hub, Staging(staging_url), ctx, selection, kind).batches)


def validate(
    hub: Hub, staging_url: str | None, ctx: RunContext, mapping: SupplierMapping, batch_id: str
) -> Counts:
    """Check one batch and give each of its rows a receipt, or find them given; return the outcomes' counts.

    Raises:
        RawDataGone: They expired, or were removed, before it was received.
    """
    batch = landed.find_batch(hub, ctx.supplier, batch_id)
    if (received := receipts.counts_of(hub, ctx, batch)) is not None:
        # By an earlier try of its task, which may have others still to do. Its raw data may be gone by now.
        logger.info("%s: batch %s was received before", ctx.supplier, batch_id)
        return asdict(received)
    raw = Staging(staging_url).read(batch)
    checked = checks.check_batch(raw, mapping, batch.kind, settings().expectations_dir)
    del raw
    pa.default_memory_pool().release_unused()  # what checking took; receiving takes as much again
    if batch.kind == "campaigns":
        return asdict(receive_campaigns(hub, ctx, mapping, batch, checked))
    return asdict(receipts.receive(hub, ctx, mapping, batch, checked, delivery.queue_updates))


def judge(hub: Hub, ctx: RunContext, mapping: SupplierMapping) -> None:
    """Hold the pull back if too much of it was quarantined.

    Raises:
        ThresholdExceeded: It is held until somebody releases it.
    """
    held = []
    for kind in KINDS:
        # One that held nothing as well: unjudged, it would be taken for a dead run's.
        if pulls.is_landed(hub, ctx, kind):
            try:
                pulls.judge_pull(hub, ctx, mapping, kind)
            except ThresholdExceeded as error:
                held.append(str(error))
    if held:
        together = ThresholdExceeded("; ".join(held))
        together.parts = tuple(held)
        raise together


def pull_events(
    hub: Hub, ctx: RunContext, mapping: SupplierMapping, system: SupplierSystem, window: Window | None
) -> Counts:
    """Keep the activities of this supplier's leads."""
    if window is None:
        return {"events": 0}
    return {"events": activities.pull_events(hub, ctx, mapping, system, window)}


def reroute(hub: Hub, ctx: RunContext, mapping: SupplierMapping) -> Counts:
    """Route leads anew whose partner left them too long, or rejected them; return counts."""
    return asdict(reroute_overdue(hub, ctx, mapping))


def route(hub: Hub, ctx: RunContext, mapping: SupplierMapping) -> Counts:
    """Give every lead that waits a partner, or the reason why none; return counts."""
    hub.refresh_statistics("lead", "receipt", "source_link")
    routed = route_waiting(hub, ctx, mapping)
    return asdict(routed) | {"reasons": dict(routed.reasons)}


def accounts(hub: Hub, ctx: RunContext) -> list[str]:
    """Return the CRM accounts for which something waits, queueing what became due since routing."""
    hub.refresh_statistics("assignment", "delivery", "lead", "routing_decision", "source_link")
    with hub.transaction(ctx.supplier) as connection:
        delivery.queue_first(hub, connection, ctx)
        delivery.pass_over_events(hub, connection, ctx)
    return delivery.accounts_with_work(hub, ctx.supplier)


def push(
    hub: Hub, ctx: RunContext, mapping: SupplierMapping, account_id: str, crm_factory: CrmFactory
) -> Counts:
    """Bring what waits for one CRM account into it; return counts."""
    with hub.reading() as connection:
        known = {account.id: account for account in load_accounts(hub, connection, ctx.supplier)}
    if account_id not in known:
        raise ConfigurationError(f"{ctx.supplier} has no CRM account '{account_id}'")
    account = known[account_id]
    if account_id in deactivated_accounts(hub, ctx.supplier):
        logger.warning("%s: account %s is deactivated; its leads wait", ctx.supplier, account_id)
        return {"deactivated": True}
    noting = noting_login(hub, ctx.supplier, mapping, account_id, ctx.run_id)
    with noting, crm_factory(account, mapping) as crm:
        return asdict(delivery.push(hub, ctx, mapping, account, crm))


def write_back(hub: Hub, ctx: RunContext, mapping: SupplierMapping, system: SupplierSystem) -> Counts:
    """Tell the supplier what changed: status and fields, partners' events, opportunities; return counts."""
    try:
        told.queue(hub, ctx, mapping)
        counts: Counts = asdict(told.write(hub, ctx, mapping, system))
        chosen = mapping.write_back.opportunities
        if chosen is not None:
            told.queue_opportunities(hub, ctx, mapping)
            counts["opportunities"] = asdict(told.write_opportunities(hub, ctx, mapping, system))
        # After the opportunities: some events go onto their records.
        if mapping.write_back.events is not None or (chosen is not None and chosen.events):
            told.queue_events(hub, ctx, mapping)
            counts["events"] = asdict(told.write_events(hub, ctx, mapping, system))
        return counts
    finally:
        if told.tells_supplier(mapping.write_back):
            found = told.findings_of(hub, ctx.supplier)
            keep_findings(hub, ctx.supplier, ctx.run_id, {"write_back": found})


def settle(hub: Hub, staging_url: str | None, ctx: RunContext) -> Counts:
    """Recount the run from its raw data and keep its books, and those of runs that it finished.

    Raises:
        BooksDoNotBalance: A row is lost, doubled or misfiled; which.
    """
    staging = Staging(staging_url)
    differences = []
    for theirs in takeover.taken_up(hub, ctx):
        try:
            books.settle(hub, staging, theirs)
        except BooksDoNotBalance as error:
            differences += [f"run {theirs.run_id}: {one}" for one in error.differences]
    try:
        settled = books.settle(hub, staging, ctx)
    except BooksDoNotBalance as error:
        raise BooksDoNotBalance([*error.differences, *differences]) from error
    if differences:
        raise BooksDoNotBalance(differences)
    return asdict(settled)


def has_kind(mapping: SupplierMapping, kind: Kind) -> bool:
    """Return whether this supplier has anything of this kind to pull."""
    if kind == "leads":
        return True
    if isinstance(mapping.source, SftpSource) and mapping.source.campaigns is None:
        return False
    return bool(mapping.campaigns.fields)


def read(
    hub: Hub, supplier: str, system: SupplierSystem, kind: Kind, window: Window
) -> Iterator[SourceFile | RecordPage]:
    """Yield what the supplier has in the window: of its leads those of the chosen campaigns only.

    Raises:
        FormRefused: At the end, if nobody knows a campaign that was chosen.
    """
    items = system.pull(kind, window)
    if kind == "campaigns" or not window.campaigns:
        yield from items
    else:
        pages = (item for item in items if isinstance(item, RecordPage))  # there are no files: `window_of`
        yield from keep_chosen(hub, supplier, system, window, pages)


def _told(window: Window) -> str:
    start = f"{window.start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if window.start else "the beginning"
    chosen = [name for name in ("archive", "resend") if getattr(window, name)]
    span = f"from {start} to {window.end.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return ", ".join([span, *chosen, *window.campaigns])
