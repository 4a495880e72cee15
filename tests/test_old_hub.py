"""A day costs as much on an old hub as on a young one: counted in steps of SQLite, so on no clock."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, insert, text, update

from leadline import books, delivery, runs, write_back
from leadline.delivery.activities import queue_events
from leadline.feedback.world import read_world
from leadline.hub import Hub, now_us
from leadline.hub.schema import (
    assignment,
    batch,
    crm_account,
    crm_job,
    crm_record,
    crm_seen,
    event,
    history,
    mail,
    opportunity,
    partner,
    source_file,
)
from leadline.mapping.model import SupplierMapping
from leadline.notices import drain
from leadline.partners import CrmAccount, Partner, stored_account, stored_partner
from leadline.routing import reroute_overdue
from leadline.runs import RunContext
from leadline.staging import Staging
from leadline.trace import trace_runs
from tests.test_growth import add_leads, steps_of
from tests.write_back.test_write_back import MAPPED

DAY = ("deliver", "tell", "reroute", "settle", "mail", "look_up", "know_files", "read_a_record")
ACCOUNT = CrmAccount(id="C1", connection="c1")
TOLD = {
    **MAPPED,
    "events": {"object": "Task"},
    "opportunities": {
        "object": "Opportunity", "external_id": "X__c", "lead_field": "Lead__c", "fields": {"name": "Name"},
        "events": True,
    },
}  # fmt: skip


class Days:
    """A supplier's days on one hub: what was done before, and one day on which nothing happens."""

    def __init__(self, hub: Hub, mapping: SupplierMapping, staging: Staging) -> None:
        self.hub, self.mapping, self.staging = hub, mapping, staging
        one = Partner(id="P1", name="Alpine", crm="C1")
        with hub.transaction("acme") as connection:
            connection.execute(insert(crm_account).values(stored_account("acme", ACCOUNT, 1)))
            connection.execute(insert(partner).values(stored_partner("acme", one, 1)))

    def start(self, run_id: str) -> RunContext:
        return runs.start_run(
            self.hub, self.mapping, run_id=run_id, dag_id="acme", kind="manual", task="test", window=None
        )

    def add_past(self, leads: int) -> None:
        """Add leads that were routed, pushed, told of and sold, with all that comes with them."""
        add_leads(self.hub, leads)
        at = now_us()

        def add(table: Table, more: Callable[[str], dict[str, Any]]) -> None:
            rows = [{"supplier": "acme"} | more(f"{number:05}") for number in range(leads)]
            with self.hub.transaction("acme") as connection:
                connection.execute(insert(table), rows)

        by = {"run_id": "r", "task": "t", "actor": "crm:C1", "at": at}
        add(history, lambda one: {"lead_id": f"L{one}", "event_id": "H", "kind": "received", **by})
        add(crm_record, lambda one: {
            "assignment_id": f"A{one}", "account_id": "C1", "object": "Lead", "record_id": one,
            "created": True, "linked_at": at,
        })  # fmt: skip
        add(crm_seen, lambda one: {
            "account_id": "C1", "record_id": one, "object": "Lead", "run_id": "r", "seen_at": at,
        })  # fmt: skip
        for origin in ("supplier", "partner"):
            known = {"type": "Call", "origin": origin, "run_id": "r"}
            add(event, lambda one, of=known: {"event_id": f"{of['origin']}{one}", "lead_id": f"L{one}", **of})
        add(opportunity, lambda one: {
            "opportunity_id": f"O{one}", "account_id": "C1", "record_id": one, "lead_id": f"L{one}",
            "assignment_id": f"A{one}", "partner_id": "P1", "found_by": "originating", "status": "won",
            "run_id": "r", "first_seen_at": at, "updated_at": at,
        })  # fmt: skip
        add(mail, lambda one: {
            "mail_id": one, "recipient": "ann@acme.example", "template": "failure", "subject": "",
            "text_body": "", "html_body": "", "state": "sent", "queued_at": at,
        })  # fmt: skip
        add(crm_job, lambda one: {
            "account_id": "C1", "job_key": one, "operation": "create", "object": "Lead", "rows": 1,
            "state": "finished", "created_at": at,
        })  # fmt: skip
        add(batch, lambda one: {
            "batch_id": one, "run_id": f"r{one}", "kind": "leads", "number": 1, "uri": "",
            "origin": f"file:{one}", "rows": 1, "received_at": at,
        })  # fmt: skip
        add(source_file, lambda one: {
            "sha256": one, "kind": "leads", "name": one, "size": 1, "state": "landed", "first_run": "r",
            "first_seen_at": at,
        })  # fmt: skip
        with self.hub.transaction("acme") as connection:
            connection.execute(update(assignment).values(queued=True))  # as routing left them
        ctx = self.start("r")
        for task in (self.deliver, self.tell):
            task(ctx)
        done = "UPDATE {} SET state = 'sent', sent_at = 1 WHERE state = 'waiting'"
        with self.hub.transaction("acme") as connection:
            for table in ("writeback", "event_write", "event_delivery", "opportunity_write"):
                connection.execute(text(done.format(table)))
        self.deliver(ctx)

    def deliver(self, ctx: RunContext) -> None:
        with self.hub.transaction("acme") as connection:
            delivery.queue_first(self.hub, connection, ctx)
            delivery.pass_over_events(self.hub, connection, ctx)
        delivery.accounts_with_work(self.hub, "acme")
        queue_events(self.hub, ctx, ACCOUNT)
        with self.hub.reading() as connection:
            ours = {"supplier": "acme", "account_id": "C1"}
            self.hub.run(connection, "crm_record_plans", **ours).all()
            self.hub.run(connection, "feedback_troubles", **ours).all()
            self.hub.run(connection, "feedback_unmapped", **ours).all()

    def tell(self, ctx: RunContext) -> None:
        write_back.queue(self.hub, ctx, self.mapping)
        write_back.queue_opportunities(self.hub, ctx, self.mapping)
        write_back.queue_events(self.hub, ctx, self.mapping)
        write_back.findings_of(self.hub, "acme")

    def reroute(self, ctx: RunContext) -> None:
        assert reroute_overdue(self.hub, ctx, self.mapping).decided == 0

    def settle(self, ctx: RunContext) -> None:
        books.settle(self.hub, self.staging, ctx)

    def mail(self, _: RunContext) -> None:
        assert drain(self.hub, lambda _: None).waiting == 0

    def look_up(self, ctx: RunContext) -> None:
        assert len(books.run_books(self.hub, "acme", ctx.run_id)) == 1
        assert len(trace_runs(self.hub, ctx.run_id)) == 1

    def know_files(self, ctx: RunContext) -> None:
        asked = {"supplier": "acme", "run_id": ctx.run_id, "origin": "file:new"}
        own = {"supplier": "acme", "run_id": "r00000", "origin": "file:00000"}
        with self.hub.reading() as connection:
            assert not self.hub.run(connection, "batch_origin_known", **own).scalar_one()
            assert not self.hub.run(connection, "batch_origin_known", **asked).scalar_one()
            assert not self.hub.run(connection, "source_file_known", **asked, sha256="new").scalar_one()

    def read_a_record(self, ctx: RunContext) -> None:
        with self.hub.transaction("acme") as connection:
            world = read_world(self.hub, connection, ctx, "C1", ["00001"])
            assert len(world.holders["00001"]) == 1
            self.hub.load(connection, "lead", ["lead_id"], [("L00001",)])
            asked = {"supplier": "acme", "account_id": "C1"}
            lines = self.hub.run(connection, "feedback_own_values", **asked).all()
            assert {row.kind for row in lines} <= {"delivery"}
            assert self.hub.run(connection, "opportunity_leads", supplier="acme", status="qualified").all()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_day_costs_as_much_on_an_old_hub_as_on_a_young_one(
    make_hub: Callable[..., Hub], make_mapping: Callable[..., SupplierMapping], tmp_path: Path
) -> None:
    mapping = make_mapping("salesforce", write_back=TOLD, routing={"reroute": {"pending_days": 1}})

    def costs(leads: int) -> dict[str, int]:
        days = Days(make_hub(), mapping, Staging((tmp_path / str(leads)).as_uri()))
        days.add_past(leads)
        ctx = days.start("today")
        return {name: steps_of(days.hub, partial(getattr(days, name), ctx)) for name in DAY}

    young, old = costs(100), costs(1_000)

    assert {name: (young[name], old[name]) for name in DAY if old[name] > 1.5 * young[name] + 2} == {}
