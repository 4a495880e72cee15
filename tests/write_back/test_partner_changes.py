"""What partners did goes back to the supplier, each value only when it changed, and never returns as news."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from leadline import write_back
from leadline.errors import VendorUnavailable
from leadline.hub.keys import digest
from leadline.hub.schema import assignment, event, lead, metadata, partner, routing_decision, source_link
from leadline.lifecycle import accept, reject
from leadline.partners import Partner, stored_partner
from leadline.ports import EventWrite, RowResult, SourceEvent, SourceRecord, StatusRow, Window
from leadline.runs import RunContext
from tests.conftest import END, Intake

MAPPED = {
    "object": "Lead",
    "distribution_status": "Status__c",
    "rejection_reason": "Reason__c",
    "sales_status": "Sales__c",
    "sales_rep_name": "Rep__c",
    "sales_rep_email": "Rep_Mail__c",
    "rejection_fields": {"why": "Why__c"},
    "fields": {"company": "Company", "employees": "Employees"},
    "events": {"object": "Task", "types": {"Call": "Partner call"}},
}
REASONS = [{"name": "why", "label": "Why", "values": ["Wrong dealer"]}]


class Supplier:
    """A supplier's records, that are pulled as they were written to, and its events."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, str | None]] = {}
        self.written: list[tuple[str, dict[str, str | None]]] = []
        self.events: dict[str, EventWrite] = {}
        self.loses_answers = False

    def write_back(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        for row in rows:
            self.written.append((row.record_id, dict(row.values)))
            if row.record_id not in self.records:
                yield RowResult(row.identity, ok=False, code="NOT_FOUND")
                continue
            self.records[row.record_id].update(row.values)
            if self.loses_answers:
                raise VendorUnavailable("no answer came")
            yield RowResult(row.identity, ok=True, record_id=row.record_id)

    def write_events(self, events: Sequence[EventWrite]) -> Iterator[RowResult]:
        for one in events:
            self.events.setdefault(one.key, one)
            yield RowResult(one.key, ok=True, record_id=f"00T-{one.key[:8]}")

    def pull_events(self, record_ids: Sequence[str], window: Window) -> Iterator[SourceEvent]:
        for key, one in self.events.items():
            yield SourceEvent(f"00T-{key[:8]}", one.record_id, one.type, one.occurred_at, one.body)


class House:
    """An intake whose supplier is written back to."""

    def __init__(self, intake: Intake) -> None:
        self.intake, self.hub, self.mapping = intake, intake.hub, intake.mapping
        self.supplier = Supplier()
        with self.hub.transaction("acme") as connection:
            connection.execute(
                insert(partner).values(stored_partner("acme", Partner(id="P1", name="Alpine"), 1))
            )

    def pull(self, run_id: str) -> Any:
        """Pull every record as it is now; return the counts."""
        records = [
            SourceRecord(
                key, {name: one for name, one in values.items() if "__c" not in name}, campaign_key="C1"
            )
            for key, values in self.supplier.records.items()
        ]
        return self.intake.take(*records, run_id=run_id)

    def assign(self, status: str = "pending") -> str:
        """Give the only lead that has none yet to P1; return the lead's id."""
        with self.hub.transaction("acme") as connection:
            taken = select(assignment.c.lead_id)
            (lead_id,) = connection.execute(select(lead.c.lead_id).where(lead.c.lead_id.not_in(taken))).one()
            connection.execute(
                update(lead)
                .where(lead.c.lead_id == lead_id)
                .values(status=status, decision="assigned", attempt=1)
            )
            connection.execute(
                insert(routing_decision).values(
                    supplier="acme", lead_id=lead_id, attempt=1, outcome="assigned", reason="rule",
                    trace_id="t", run_id="r", actor="airflow", decided_at=1,
                )
            )  # fmt: skip
            connection.execute(
                insert(assignment).values(
                    supplier="acme", assignment_id=f"A{lead_id}"[:40], lead_id=lead_id, attempt=1,
                    partner_id="P1", status=status, active=True, cause="rule", run_id="r",
                    actor="airflow", assigned_at=1,
                )
            )  # fmt: skip
        return str(lead_id)

    @property
    def ctx(self) -> RunContext:
        return RunContext("acme", "run-w", "write_back", "airflow", "m", "r")

    def change(self, lead_id: str, **values: Any) -> None:
        """Let the partner change fields, as feedback keeps it."""
        with self.hub.transaction("acme") as connection:
            row = connection.execute(select(lead).where(lead.c.lead_id == lead_id)).one()
            changes = json.loads(row.partner_changes or "{}")
            for name, value in values.items():
                held = changes[name][1:] if name in changes else [row.attributes.get(name)]
                changes[name] = [value, *held]
            connection.execute(
                update(lead)
                .where(lead.c.lead_id == lead_id)
                .values(
                    attributes=row.attributes | values,
                    partner_changes=json.dumps(changes),
                    updated_at=row.updated_at + 10_000_000_000,
                )
            )

    def tell(self) -> int:
        """Write back what changed; return how many rows were written."""
        system: Any = self.supplier
        write_back.queue(self.hub, self.ctx, self.mapping)
        counts = write_back.write(self.hub, self.ctx, self.mapping, system)
        write_back.queue_events(self.hub, self.ctx, self.mapping)
        write_back.write_events(self.hub, self.ctx, self.mapping, system)
        return counts.written

    def tell_and_lose_the_answer(self) -> None:
        """Write back what changed: the first record keeps it, and nobody hears of it."""
        self.supplier.loses_answers = True
        with pytest.raises(VendorUnavailable):
            self.tell()
        self.supplier.loses_answers = False

    def lead(self, lead_id: str) -> Any:
        with self.hub.reading() as connection:
            return connection.execute(select(lead).where(lead.c.lead_id == lead_id)).one()

    def rows(self, table: str) -> list[Any]:
        found = metadata.tables[table]
        with self.hub.reading() as connection:
            return list(connection.execute(select(found).order_by(*found.primary_key)))


@pytest.fixture
def house(make_intake: Callable[..., Intake]) -> House:
    return House(make_intake(write_back=MAPPED, rejection_fields=REASONS))


def ann(**values: str) -> dict[str, str | None]:
    return {"Email": "ann@example.org", "Company": "Ann Ltd", "Employees": "20", "Campaign": "C1"} | values


def test_pull_write_pull_adds_nothing(house: House) -> None:
    house.supplier.records["00Q1"] = ann()
    house.pull("run-1")
    lead_id = house.assign("accepted")
    house.tell()
    house.change(lead_id, company="Ann GmbH", employees=35)

    assert house.tell() == 1
    assert house.supplier.records["00Q1"]["Company"] == "Ann GmbH"
    assert house.supplier.records["00Q1"]["Employees"] == "35"
    before = {name: house.rows(name) for name in ("lead", "source_link", "history", "delivery", "writeback")}

    counts = house.pull("run-2")

    assert (counts.known, counts.updated, counts.new) == (1, 0, 0)
    assert {name: house.rows(name) for name in before} == before
    assert house.tell() == 0


def test_fields_that_nobody_changed_are_never_written(house: House) -> None:
    house.supplier.records["00Q1"] = ann()
    house.pull("run-1")
    house.assign("accepted")

    house.tell()

    assert house.supplier.written == [("00Q1", {"Status__c": "accepted", "Sales__c": "open"})]


def test_a_field_is_told_once_and_what_the_supplier_makes_of_it_stays(house: House) -> None:
    house.supplier.records["00Q1"] = ann()
    house.pull("run-1")
    lead_id = house.assign("accepted")
    house.change(lead_id, company="Ann GmbH")
    house.tell()
    house.supplier.records["00Q1"]["Company"] = "Ann AG"  # the supplier knows better
    with house.hub.transaction("acme") as connection:
        connection.execute(
            update(lead).values(sales_status="contacted", updated_at=lead.c.updated_at + 10**10)
        )

    house.tell()  # before anything was pulled

    assert house.supplier.records["00Q1"]["Company"] == "Ann AG"
    assert house.supplier.records["00Q1"]["Sales__c"] == "contacted"

    house.pull("run-2")
    assert house.lead(lead_id).attributes["company"] == "Ann AG"
    house.tell()
    assert house.supplier.records["00Q1"]["Company"] == "Ann AG"


def test_another_change_at_the_supplier_leaves_the_partners_value(house: House) -> None:
    house.supplier.records["00Q1"] = ann()
    house.pull("run-1")
    lead_id = house.assign("accepted")
    house.change(lead_id, company="Ann GmbH")

    house.supplier.records["00Q1"]["Employees"] = "50"  # its company is still the old one
    counts = house.pull("run-2")

    attributes = house.lead(lead_id).attributes
    assert (attributes["company"], attributes["employees"], counts.updated) == ("Ann GmbH", 50, 1)
    house.tell()
    assert house.supplier.records["00Q1"] == ann() | {
        "Company": "Ann GmbH", "Employees": "50", "Status__c": "accepted", "Sales__c": "open",
    }  # fmt: skip


def test_a_second_change_of_the_partners_outlives_another_change_at_the_supplier(house: House) -> None:
    house.supplier.records["00Q1"] = ann()
    house.pull("run-1")
    lead_id = house.assign("accepted")
    house.change(lead_id, company="Ann GmbH", employees=35)
    house.tell()
    house.change(lead_id, company="Ann KG")

    house.supplier.records["00Q1"]["Employees"] = "50"  # its company is the one it was told
    house.pull("run-2")

    attributes = house.lead(lead_id).attributes
    assert (attributes["company"], attributes["employees"]) == ("Ann KG", 50)
    house.tell()
    assert house.supplier.records["00Q1"]["Company"] == "Ann KG"


@pytest.mark.parametrize("last", ["Ann KG", "Ann Ltd"], ids=["another", "the-first-again"])
@pytest.mark.parametrize("told_before", [False, True])
def test_what_a_record_was_sent_without_an_answer_is_no_news_of_the_suppliers(
    house: House, last: str, told_before: bool
) -> None:
    house.supplier.records["00Q1"] = ann()
    house.pull("run-1")
    lead_id = house.assign("accepted")
    if told_before:
        house.change(lead_id, company="Ann & Co")
        house.tell()
    house.change(lead_id, company="Ann GmbH")
    house.tell_and_lose_the_answer()
    assert house.supplier.records["00Q1"]["Company"] == "Ann GmbH"  # kept, without a word

    house.change(lead_id, company=last)
    house.supplier.records["00Q1"]["Employees"] = "50"
    house.pull("run-2")

    attributes = house.lead(lead_id).attributes
    assert (attributes["company"], attributes["employees"]) == (last, 50)
    house.tell()
    assert house.supplier.records["00Q1"]["Company"] == last
    house.pull("run-3")
    assert house.tell() == 0
    assert house.lead(lead_id).attributes["company"] == last


def test_a_suppliers_own_value_is_news_though_another_one_was_sent_without_an_answer(house: House) -> None:
    house.supplier.records["00Q1"] = ann()
    house.pull("run-1")
    lead_id = house.assign("accepted")
    house.change(lead_id, company="Ann GmbH")
    house.tell_and_lose_the_answer()

    house.change(lead_id, company="Ann KG")
    house.supplier.records["00Q1"]["Company"] = "Ann SE"
    house.pull("run-2")

    assert house.lead(lead_id).attributes["company"] == "Ann SE"
    house.tell()
    assert house.supplier.records["00Q1"]["Company"] == "Ann SE"


def test_a_supplier_that_takes_back_what_it_was_told_is_heard(house: House) -> None:
    house.supplier.records["00Q1"] = ann()
    house.pull("run-1")
    lead_id = house.assign("accepted")
    house.change(lead_id, company="Ann GmbH")
    house.tell()

    house.supplier.records["00Q1"]["Company"] = "Ann Ltd"  # as it was before
    counts = house.pull("run-2")

    assert (house.lead(lead_id).attributes["company"], counts.updated) == ("Ann Ltd", 1)
    house.tell()
    assert house.supplier.records["00Q1"]["Company"] == "Ann Ltd"

    house.change(lead_id, company="Ann GmbH")  # the partner insists
    assert house.tell() == 1
    assert house.supplier.records["00Q1"]["Company"] == "Ann GmbH"
    house.pull("run-3")
    assert house.tell() == 0
    assert house.lead(lead_id).attributes["company"] == "Ann GmbH"


def test_of_two_records_of_a_lead_one_that_was_not_told_yet_takes_nothing_back(house: House) -> None:
    house.supplier.records |= {"00Q1": ann(), "00Q2": ann()}
    house.pull("run-1")
    lead_id = house.assign("accepted")
    second = house.supplier.records.pop("00Q2")  # it refuses what it is told
    house.change(lead_id, company="Ann GmbH")
    house.tell()

    house.supplier.records["00Q2"] = second | {"Employees": "50"}
    house.pull("run-2")

    attributes = house.lead(lead_id).attributes
    assert (attributes["company"], attributes["employees"]) == ("Ann GmbH", 50)
    assert house.tell() == 0  # what was refused is not tried again until it says something else


def test_a_rejection_is_told_with_its_fields_and_cleared_when_the_lead_goes_on(house: House) -> None:
    house.supplier.records["00Q1"] = ann()
    house.pull("run-1")
    lead_id = house.assign()
    house.tell()
    (row,) = house.rows("assignment")
    with house.hub.transaction("acme") as connection:
        reject(connection, house.ctx, row.assignment_id, via="mail", reasons={"why": "Wrong dealer"})

    house.tell()

    record = house.supplier.records["00Q1"]
    assert (record["Status__c"], record["Reason__c"], record["Why__c"]) == (
        "rejected",
        "Wrong dealer",
        "Wrong dealer",
    )

    with house.hub.transaction("acme") as connection:
        connection.execute(
            update(lead)
            .where(lead.c.lead_id == lead_id)
            .values(status="pending", updated_at=lead.c.updated_at + 10**10)
        )
    house.tell()
    assert (record["Status__c"], record["Reason__c"], record["Why__c"]) == ("pending", None, None)


def test_a_rep_is_told_once_there_is_one(house: House) -> None:
    house.supplier.records["00Q1"] = ann(Rep__c="our own man")
    house.pull("run-1")
    house.assign()
    house.tell()
    assert house.supplier.records["00Q1"]["Rep__c"] == "our own man"
    (row,) = house.rows("assignment")
    with house.hub.transaction("acme") as connection:
        accept(connection, house.ctx, row.assignment_id, via="crm")
        connection.execute(update(assignment).values(rep_name="Bo", rep_email="bo@partner.example"))

    house.tell()

    record = house.supplier.records["00Q1"]
    assert (record["Rep__c"], record["Rep_Mail__c"]) == ("Bo", "bo@partner.example")


def test_a_record_that_was_merged_is_told_where_it_went(house: House) -> None:
    house.supplier.records["00Q1"] = ann()
    house.pull("run-1")
    house.assign("accepted")
    with house.hub.transaction("acme") as connection:
        connection.execute(update(source_link).values(merged_into="00Q9"))
    house.supplier.records["00Q9"] = ann()

    house.tell()

    assert house.supplier.records["00Q9"]["Status__c"] == "accepted"


def keep_event(house: House, lead_id: str, *, origin: str = "partner", type_: str = "Call") -> None:
    with house.hub.transaction("acme") as connection:
        connection.execute(
            insert(event).values(
                supplier="acme", event_id=digest(lead_id, origin, type_), lead_id=lead_id, type=type_,
                occurred_at=5, subject="Called", body="They want two", origin=origin, run_id="r",
            )
        )  # fmt: skip


def test_partners_events_are_told_once_and_do_not_come_back(house: House) -> None:
    house.supplier.records["00Q1"] = ann()
    house.pull("run-1")
    lead_id = house.assign("accepted")
    keep_event(house, lead_id)
    keep_event(house, lead_id, origin="supplier", type_="Webinar")

    house.tell()
    house.tell()

    (told,) = house.supplier.events.values()
    assert (told.record_id, told.type, told.subject, told.on) == ("00Q1", "Partner call", "Called", "lead")

    from leadline.events import pull_events

    system: Any = house.supplier
    ctx = house.intake.start("run-2")
    assert (
        pull_events(house.hub, replace(ctx, task="pull_events"), house.mapping, system, Window(None, END))
        == 1
    )
    assert len(house.rows("event")) == 2


def test_a_mapping_that_names_nothing_tells_nothing(make_intake: Callable[..., Intake]) -> None:
    house = House(make_intake())
    house.supplier.records["00Q1"] = ann()
    house.pull("run-1")
    lead_id = house.assign("accepted")
    house.change(lead_id, company="Ann GmbH")
    keep_event(house, lead_id)

    house.tell()

    assert (house.supplier.written, house.supplier.events) == ([], {})
