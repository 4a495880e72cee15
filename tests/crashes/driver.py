"""A process that imports everything once and forks a child for each run of a distribution.

Reads orders as JSON lines, answers each with how its child ended. A child that is told a point to die at
kills itself there; no handler, `finally` or buffer of it gets a word in.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import hooks.dynamics.crm
import hooks.dynamics.hook
import hooks.salesforce.bulk
import hooks.salesforce.status
import hooks.salesforce.supplier
import hooks.saleslink.crm
import hooks.saleslink.hook
import hooks.sftp.hook
import hooks.sftp.supplier
from hooks.salesforce.crm import SalesforceCrm
from hooks.salesforce.hook import SalesforceHook
from hooks.smtp import mail_sender
from hooks.systems import partner_crm as usual_crm
from hooks.systems import supplier_system
from leadline import checks, delivery, distribution, filing, finishing, landed, runs
from leadline.delivery import PushLimits
from leadline.errors import UnreadableFile
from leadline.hub import Hub
from leadline.mapping.model import Contacts, SupplierMapping
from leadline.notices import Failure, drain, report_failure
from leadline.partners import CrmAccount
from leadline.ports import KINDS, Kind, PartnerCrm, SourceRecord
from leadline.raw_tables import record_table
from leadline.replay import Selection
from tests.crashes import sabotage
from tests.crashes.points import Points

LOADED = (
    hooks.dynamics.crm,
    hooks.dynamics.hook,
    hooks.saleslink.crm,
    hooks.saleslink.hook,
    hooks.salesforce.supplier,
    hooks.sftp.supplier,
    hooks.sftp.hook,
    checks,
)  # hooks.systems imports them late


class Day:
    """One run of a distribution, phase by phase, as its tasks are."""

    def __init__(self, order: dict[str, Any], points: Points) -> None:
        self._order = order
        self._points = points
        self._hub = Hub(order["hub"])
        self._staging = order["staging"]
        self._mapping = SupplierMapping.model_validate(order["mapping"])
        self._key = self._mapping.key()
        self.told: dict[str, Any] = {}

    @contextmanager
    def _task(self, name: str) -> Iterator[tuple[Any, SupplierMapping]]:
        with self._points.step(name):
            ctx = runs.run_context(self._hub, self._key, self._order["run_id"], name)
            yield ctx, runs.pinned_mapping(self._hub, self._key, mapping_hash=ctx.mapping_hash)

    def pull(self) -> None:
        """Start the run, land and receive what there is, and judge it."""
        with self._points.step("start"):
            distribution.start(
                self._hub,
                self._mapping,
                run_id=self._order["run_id"],
                dag_id="crashes",
                kind="scheduled",
                window=None,
                interval_end=datetime.fromisoformat(self._order["interval_end"]),
                actor="airflow",
            )
        for kind in KINDS:
            with self._task(f"pull_{kind}") as (ctx, mapping), supplier_system(mapping) as system:
                window = runs.run_window(self._hub, self._key, ctx.run_id)
                distribution.pull(self._hub, self._staging, ctx, mapping, kind, system, window)
            self._receive(kind)
        with self._task("judge") as (ctx, mapping):
            distribution.judge(self._hub, ctx, mapping)

    def replay(self) -> None:
        """Take the quarantined rows of the second day again, and judge them."""
        with self._points.step("start"):
            distribution.start(
                self._hub,
                self._mapping,
                run_id=self._order["run_id"],
                dag_id="crashes",
                kind="replay",
                window=None,
                interval_end=datetime.fromisoformat(self._order["interval_end"]),
                actor="airflow",
            )
        with self._task("replay") as (ctx, _):
            distribution.replay(self._hub, self._staging, ctx, Selection(run_id="second"), "leads")
        self._receive("leads")
        with self._task("judge") as (ctx, mapping):
            distribution.judge(self._hub, ctx, mapping)

    def mail(self) -> None:
        """Tell the contacts of a failure, and send what waits."""
        failure = Failure("push:sf-p001", "VendorUnavailable", "the CRM did not answer", None)
        contacts = Contacts(configured=("ops@globex.example", "more@globex.example"))
        with self._points.step("notify_failure"):
            at = runs.to_us(datetime.fromisoformat(self._order["interval_end"]))
            report_failure(self._hub, self._key, self._order["run_id"], [failure], contacts, now=at)
            with mail_sender() as send:
                self.told["mail"] = asdict(drain(self._hub, send))

    def _receive(self, kind: Kind) -> None:
        for batch in landed.batches(self._hub, self._key, self._order["run_id"], kind):
            with self._task("validate") as (ctx, mapping):
                distribution.validate(self._hub, self._staging, ctx, mapping, batch.batch_id)

    def put_away(self) -> None:
        """Archive files, and set unreadable ones aside."""
        if self._mapping.source.system != "sftp":
            return
        with self._task("put_away") as (ctx, mapping), supplier_system(mapping) as system:
            try:
                filing.put_away(self._hub, self._staging, ctx, system)
            except UnreadableFile as error:
                self.told["unreadable"] = str(error)

    def route(self) -> None:
        """Take up what dead runs left, route what waits, and read activities."""
        with self._task("take_up") as (ctx, _):
            # No other run is ever alive here; the scheduler would know it.
            finishing.take_up(self._hub, self._staging, ctx, has_ended=lambda *_: True)
        with self._task("route") as (ctx, mapping):
            distribution.route(self._hub, ctx, mapping)
        if getattr(self._mapping.source, "activities", None):
            with self._task("pull_events") as (ctx, mapping), supplier_system(mapping) as system:
                window = runs.run_window(self._hub, self._key, ctx.run_id)
                distribution.pull_events(self._hub, ctx, mapping, system, window)

    def push(self) -> None:
        """Push to each account that has work."""
        with self._task("accounts") as (ctx, _):
            accounts = distribution.accounts(self._hub, ctx)
        for account in accounts:
            with self._task("push") as (ctx, mapping):
                crm = partial(partner_crm, self._order["crm_bulk_above"])
                self.told[account] = distribution.push(self._hub, ctx, mapping, account, crm)

    def write_back(self) -> None:
        """Write status back, and settle."""
        with self._task("write_back") as (ctx, mapping), supplier_system(mapping) as system:
            self.told["write_back"] = distribution.write_back(self._hub, ctx, mapping, system)
        with self._task("settle") as (ctx, mapping):
            self.told["books"] = distribution.settle(self._hub, self._staging, ctx)


@contextmanager
def partner_crm(bulk_above: int, account: CrmAccount, mapping: SupplierMapping) -> Iterator[PartnerCrm]:
    """Yield what `hooks.systems.partner_crm` does, with another threshold for Salesforce's Bulk."""
    if account.type != "salesforce":
        with usual_crm(account, mapping) as crm:
            yield crm
        return
    client = SalesforceHook(account.connection).get_client()
    try:
        yield SalesforceCrm(client, mapping.crm.salesforce.external_id, bulk_above=bulk_above)
    finally:
        client.close()


def work(order: dict[str, Any]) -> int:
    """Do one order in this process; return its exit code."""
    kill = order.get("kill")
    points = Points({int(port): org for port, org in order["orgs"].items()}, tuple(kill) if kill else None)
    result: dict[str, Any] = {}
    code = 0
    try:
        hooks.salesforce.status.BULK_ABOVE = order["status_bulk_above"]
        hooks.salesforce.bulk.FIRST_POLL_SECONDS = 0.01
        limits = PushLimits(chunk_rows=order["chunk_rows"], store_rows=order["store_rows"])
        delivery.push = partial(delivery.push, limits=limits)  # type: ignore[assignment]
        if order.get("sabotage"):
            getattr(sabotage, order["sabotage"])()
        points.watch()
        day = Day(order, points)
        for phase in order["phases"]:
            getattr(day, phase)()
        result["told"] = day.told
    except BaseException:
        result["error"] = traceback.format_exc()
        code = 1
    result["points"] = points.seen
    Path(order["out"]).write_text(json.dumps(result, default=str))
    return code


def warm_up(mapping: SupplierMapping) -> None:
    """Load what the checks load at their first call, which takes seconds: children find it loaded."""
    for kind in KINDS:
        if distribution.has_kind(mapping, kind):
            fields = mapping.fields if kind == "leads" else mapping.campaigns.fields
            record = SourceRecord("1", {one.source: "Nowhere" for one in fields})
            checks.check_batch(record_table([record], mapping, kind), mapping, kind, None)


def main() -> None:
    """Serve orders until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what others print goes to the log
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "warm_up" in order:
            warm_up(SupplierMapping.model_validate(order["warm_up"]))
            print(json.dumps({"threads": threading.active_count()}), file=answers, flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            os._exit(work(order))
        _, status = os.waitpid(pid, 0)
        ended = os.waitstatus_to_exitcode(status)
        print(json.dumps({"ended": ended}), file=answers, flush=True)


if __name__ == "__main__":
    main()
