"""Opportunities: which are read, what they do to their lead, and how the supplier hears of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from leadline import pull_back, write_back
from leadline.errors import FormRefused, VendorUnavailable
from leadline.hub import now_us
from leadline.hub.schema import assignment, crm_record, event_write, lead, opportunity, source_link
from leadline.opportunities import OpportunityCounts, read_opportunities
from leadline.ports import CrmActivity, CrmOpportunity, CrmUser, EventWrite, OpportunityWrite, RowResult
from leadline.retries import Retries
from tests.feedback.house import ANNA, FIRST, House

MakeHouse = Callable[..., House]
MAPPED = {
    "sales_status": "Sales__c",
    "opportunities": {
        "object": "Opp__c",
        "external_id": "Ext__c",
        "lead_field": "Lead__c",
        "fields": {
            "name": "Name",
            "status": "Status__c",
            "probability": "Prob__c",
            "amount": "Amount__c",
            "partner_name": "Partner__c",
            "sales_rep_email": "Rep__c",
        },
        "events": True,
    },
}


class Records:
    """A supplier's opportunity records and events in memory; a fault comes after the commit."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.events: dict[str, EventWrite] = {}
        self.faults: list[Exception | RowResult] = []
        self.event_faults: list[RowResult] = []
        self.writes = 0

    def write_back(self, rows: Sequence[Any]) -> Iterator[RowResult]:
        for row in rows:
            yield RowResult(row.identity, ok=True, record_id=row.record_id)

    def write_opportunities(self, writes: Sequence[OpportunityWrite]) -> Iterator[RowResult]:
        for one in writes:
            self.writes += 1
            fault = self.faults.pop(0) if self.faults else None
            if isinstance(fault, RowResult):
                yield replace(fault, key=one.key)
                continue
            same = (key for key, record in self.records.items() if record["external"] == one.external_id)
            found = one.record_id or next(same, None)
            if one.record_id is not None and one.record_id not in self.records:
                yield RowResult(one.key, ok=False, code="NOT_FOUND", stale=True)
                continue
            found = found or f"OPP{len(self.records)}"
            known = self.records.setdefault(found, {"external": one.external_id, "lead": one.lead_record_id})
            known.update(one.values)
            if fault is not None:
                raise fault
            yield RowResult(one.key, ok=True, record_id=found)

    def write_events(self, events: Sequence[EventWrite]) -> Iterator[RowResult]:
        for one in events:
            if self.event_faults:
                yield replace(self.event_faults.pop(0), key=one.key)
                continue
            self.events.setdefault(one.key, one)
            yield RowResult(one.key, ok=True, record_id=f"EV-{one.key[:6]}")


@pytest.fixture
def house(make_feedback_house: MakeHouse) -> House:
    made = make_feedback_house(write_back=MAPPED)
    made.add_partner(opportunities="originating")
    return made


def deal(record_id: str = "006A", origin: str = "00Q1", **values: Any) -> CrmOpportunity:
    usual = {"by": "originating", "name": "Two routers", "stage": "Quoted", "probability": 30.0}
    stamp = (FIRST + timedelta(minutes=5)).isoformat()
    return CrmOpportunity(record_id, origin, **(usual | {"amount": "1200", "stamp": stamp} | values))


def read(house: House, **options: Any) -> OpportunityCounts:
    crm: Any = house.crm
    return read_opportunities(house.hub, house.ctx, house.mapping, house.account, crm, **options)


def link(house: House, lead_id: str, *records: str) -> None:
    with house.hub.transaction("acme") as connection:
        for number, one in enumerate(records):
            connection.execute(
                insert(source_link).values(
                    supplier="acme", identity=f"salesforce:{one}", lead_id=lead_id, record_id=one,
                    fingerprint="f", first_seen_at=number,
                )
            )  # fmt: skip


def tell(house: House, records: Records) -> write_back.WriteCounts:
    system: Any = records
    limits = write_back.WriteLimits(chunk_rows=10, retries=Retries(attempts=3, first_seconds=0.005))
    write_back.queue_opportunities(house.hub, house.ctx, house.mapping)
    return write_back.write_opportunities(house.hub, house.ctx, house.mapping, system, limits=limits)


def test_since_never_passes_over_what_came_between(house: House) -> None:
    house.add_lead()
    house.crm.opportunities = [deal()]
    read(house)
    later = (FIRST + timedelta(days=1)).isoformat()
    house.crm.opportunities = [deal(probability=80.0, stamp=later)]

    counts = read(house, since=FIRST + timedelta(days=9))

    assert (counts.read, counts.changed) == (1, 1)


def test_a_name_that_no_database_keeps_as_it_is_stops_no_other_opportunity(house: House) -> None:
    house.add_lead()
    owner = CrmUser("005A", "Ann \ud83d", "ann@partner.example")
    house.crm.opportunities = [deal(name="half \ud83d", owner=owner), deal("006B", name="Two")]

    read(house)

    assert {(one.name, one.owner_name) for one in house.rows("opportunity")} == {
        ("half ?", "Ann ?"),
        ("Two", None),
    }


def test_what_has_nowhere_to_go_any_more_does_not_wait(house: House) -> None:
    lead_id, records = house.add_lead(), Records()
    link(house, lead_id, "003A")
    house.crm.opportunities = [deal()]
    read(house)
    write_back.queue_opportunities(house.hub, house.ctx, house.mapping)

    set_deleted(house, 5)
    gone = tell(house, records)
    waited = [one.state for one in house.rows("opportunity_write")]
    set_deleted(house, None)
    back = tell(house, records)

    assert (gone.waiting, waited) == (0, ["superseded"])
    assert (back.written, len(records.records)) == (1, 1)


def set_deleted(house: House, at: int | None) -> None:
    with house.hub.transaction("acme") as connection:
        connection.execute(update(source_link).values(deleted_at=at))
        connection.execute(update(opportunity).values(looked_at=0))  # as intake leaves it


@pytest.mark.parametrize("by", ["originating", "contact_match"])
def test_what_came_from_another_suppliers_lead_is_not_told(make_feedback_house: MakeHouse, by: Any) -> None:
    house = make_feedback_house(write_back=MAPPED)
    house.add_partner(opportunities="contact_match")
    house.add_lead()
    (ours,) = [one.assignment_id for one in house.rows("assignment")]
    theirs = "A" + "0" * 32
    came_from: dict[str, set[str]] = {
        "006A": {theirs}, "006B": {ours, theirs}, "006C": set(), "006D": {"another system's id"},
    }  # fmt: skip
    house.crm.opportunities = [deal(key, by=by, came_from=frozenset(one)) for key, one in came_from.items()]

    counts = read(house)

    assert (counts.read, counts.created) == (4, 3)
    assert {one.record_id for one in house.rows("opportunity")} == {"006B", "006C", "006D"}


def test_an_opportunity_qualifies_its_lead_once(house: House) -> None:
    lead_id = house.add_lead()
    house.crm.opportunities = [deal()]

    first, again = read(house), read(house)

    (found,) = house.rows("opportunity")
    assert (found.lead_id, found.status, found.probability, found.reported_probability) == (
        lead_id,
        "open",
        50,
        "30",
    )
    assert house.lead_of("00Q1").sales_status == "qualified"
    assert (first.created, again.created, again.changed) == (1, 0, 0)
    assert [len(house.history(kind)) for kind in ("opportunity_created", "sales_status")] == [1, 1]

    with house.hub.transaction("acme") as connection:
        connection.execute(update(lead).values(sales_status="nurture"))
    house.crm.opportunities = [deal(probability=80.0, stage="Agreed")]
    read(house, since=FIRST)

    assert house.lead_of("00Q1").sales_status == "nurture"
    assert house.told("opportunity_updated") == [
        (
            {"probability": 50, "reported_probability": "30", "stage": "Quoted"},
            {
                "opportunity": found.opportunity_id,
                "probability": 75,
                "reported_probability": "80",
                "stage": "Agreed",
            },
        )
    ]


@pytest.mark.parametrize(
    ("option", "kept"), [("none", []), ("originating", ["006A"]), ("contact_match", ["006A", "006B"])]
)
def test_a_partner_shares_what_it_chose(make_feedback_house: MakeHouse, option: str, kept: list[str]) -> None:
    house = make_feedback_house()
    house.add_partner(opportunities=option)
    house.add_lead()
    house.crm.opportunities = [deal(), deal("006B", by="contact_match")]

    ctx, accounts = house.ctx, pull_back.opportunity_accounts(house.hub, house.ctx)
    for one in accounts:
        pull_back.read_opportunities(house.hub, ctx, house.mapping, one, house.opening)

    assert sorted(one.record_id for one in house.rows("opportunity")) == kept
    assert accounts == ([] if option == "none" else ["crm-P1"])


def test_naming_an_account_that_shares_no_opportunities_is_refused(make_feedback_house: MakeHouse) -> None:
    house = make_feedback_house()
    house.add_partner(opportunities="none")
    house.add_lead()

    with pytest.raises(FormRefused, match="'crm-P1' has no partner that shares opportunities"):
        pull_back.opportunity_accounts(house.hub, house.ctx, ["crm-P1"])


def test_closed_is_not_won(house: House) -> None:
    house.add_lead()
    house.crm.opportunities = [
        deal("006A", probability=0.0, is_closed=True),
        deal("006B", probability=100.0, is_closed=True, is_won=True),
    ]

    read(house)

    assert {(one.record_id, one.status, one.probability) for one in house.rows("opportunity")} == {
        ("006A", "lost", 0),
        ("006B", "won", 100),
    }


def test_one_opportunity_of_two_leads_is_one_with_the_lead_assigned_last(house: House) -> None:
    house.add_lead("00Q1")
    later = house.add_lead("00Q1")
    house.crm.opportunities = [deal()]

    read(house)

    assert [one.lead_id for one in house.rows("opportunity")] == [later]


def test_a_deleted_opportunity_is_told_in_history_and_never_made_anew(house: House) -> None:
    house.add_lead()
    house.crm.opportunities = [deal()]
    read(house)
    house.crm.opportunities = [deal(deleted=True, stamp=None), deal("006X", deleted=True)]

    counts = read(house)

    (found,) = house.rows("opportunity")
    assert found.deleted_at is not None
    assert (counts.deleted, len(house.history("opportunity_deleted"))) == (1, 1)


def test_a_lead_that_came_later_is_asked_about_from_the_beginning(house: House) -> None:
    house.add_lead()
    with house.hub.transaction("acme") as connection:
        connection.execute(update(crm_record).values(linked_at=1))
    house.crm.opportunities = [deal()]
    read(house)
    house.add_lead("00Q2")
    house.crm.asked.clear()

    read(house)

    assert {one: since is None for one, since in house.crm.asked} == {"00Q1": False, "00Q2": True}


def test_the_supplier_gets_one_record_that_is_updated_when_it_changed(house: House) -> None:
    lead_id, records = house.add_lead(), Records()
    link(house, lead_id, "00QS1", "00QS2")
    house.crm.opportunities = [deal(owner=CrmUser("005A", ANNA.name, ANNA.email))]
    read(house)

    counts = [tell(house, records), tell(house, records)]

    assert [one.written for one in counts] == [1, 0]
    ((key, record),) = records.records.items()
    assert record == {
        "external": house.rows("opportunity")[0].opportunity_id, "lead": "00QS1", "Name": "Two routers",
        "Status__c": "open", "Prob__c": "50", "Amount__c": "1200", "Partner__c": "Partner P1",
        "Rep__c": "anna@partner.example",
    }  # fmt: skip

    house.crm.opportunities = [deal(is_closed=True, is_won=True, probability=100.0)]
    read(house, since=FIRST)
    tell(house, records)

    assert (records.records[key]["Status__c"], records.records[key]["Prob__c"], len(records.records)) == (
        "won",
        "100",
        1,
    )
    assert len(house.history("opportunity_written")) == 2


def test_a_create_whose_answer_was_lost_makes_no_second_record(house: House) -> None:
    lead_id, records = house.add_lead(), Records()
    link(house, lead_id, "00QS1")
    house.crm.opportunities = [deal()]
    read(house)
    records.faults = [VendorUnavailable("lost")]

    with pytest.raises(VendorUnavailable):
        tell(house, records)
    tell(house, records)

    assert len(records.records) == 1
    assert [row.state for row in house.rows("opportunity_write")] == ["sent"]


def test_what_changed_back_after_its_answer_was_lost_is_told_again(house: House) -> None:
    lead_id, records = house.add_lead(), Records()
    link(house, lead_id, "00QS1")
    house.crm.opportunities = [deal()]
    read(house)
    tell(house, records)
    house.crm.opportunities = [deal(amount="1500")]
    read(house, since=FIRST)
    records.faults = [VendorUnavailable("lost")]
    with pytest.raises(VendorUnavailable):
        tell(house, records)
    (record,) = records.records.values()
    kept = record["Amount__c"]

    house.crm.opportunities = [deal()]
    read(house, since=FIRST)
    counts = [tell(house, records), tell(house, records)]

    assert (kept, record["Amount__c"]) == ("1500", "1200")
    assert [one.written for one in counts] == [1, 0]


def test_a_record_deleted_at_the_supplier_is_listed_and_not_made_again(house: House) -> None:
    lead_id, records = house.add_lead(), Records()
    link(house, lead_id, "00QS1")
    house.crm.opportunities = [deal()]
    read(house)
    tell(house, records)
    records.records.clear()

    house.crm.opportunities = [deal(stage="Agreed", name="Three routers")]
    read(house, since=FIRST)
    tell(house, records)
    tell(house, records)

    assert records.records == {}
    assert [one.code for one in write_back.findings_of(house.hub, "acme")] == ["opportunity_gone"]
    assert records.writes == 2


def test_an_opportunity_whose_lead_is_gone_at_the_supplier_says_so(house: House) -> None:
    lead_id, records = house.add_lead(), Records()
    link(house, lead_id, "00QS1")
    house.crm.opportunities = [deal()]
    read(house)
    records.faults = [RowResult("", ok=False, code="NOT_FOUND", stale=True)]

    tell(house, records)

    (finding,) = write_back.findings_of(house.hub, "acme")
    assert finding.code == "opportunity_lead_gone"
    assert "restore the lead" in finding.message


def told_of_a_call(house: House) -> tuple[str, Any]:
    """Return a lead, and the supplier's records, told of its deal; about that the partner had a call."""
    lead_id, records = house.add_lead(), Records()
    link(house, lead_id, "00QS1")
    house.crm.opportunities = [deal()]
    house.crm.activities = [
        CrmActivity("00T1", "006A", "Call", "Price", None, FIRST, stamp=FIRST.isoformat())
    ]
    read(house)
    tell(house, records)
    return lead_id, records


def test_an_event_that_is_refused_is_listed_while_it_is_recent(house: House) -> None:
    lead_id, records = told_of_a_call(house)
    records.event_faults = [RowResult("", ok=False, code="TOO_LONG")]
    write_back.queue_events(house.hub, house.ctx, house.mapping)
    write_back.write_events(house.hub, house.ctx, house.mapping, records)

    (listed,) = write_back.findings_of(house.hub, "acme")
    with house.hub.transaction("acme") as connection:
        connection.execute(update(event_write).values(queued_at=now_us() - 31 * 86_400_000_000))

    assert (listed.code, listed.detail) == ("event_refused", "TOO_LONG")
    assert lead_id in listed.message
    assert write_back.findings_of(house.hub, "acme") == []


def test_what_is_refused_waits_for_something_else_to_say(house: House) -> None:
    lead_id, records = house.add_lead(), Records()
    link(house, lead_id, "00QS1")
    house.crm.opportunities = [deal()]
    read(house)
    records.faults = [RowResult("", ok=False, code="TOO_BIG", field="Amount__c")]

    assert tell(house, records).refused == 1
    assert tell(house, records).refused == 0
    (finding,) = write_back.findings_of(house.hub, "acme")
    assert "TOO_BIG at field Amount__c" in finding.message

    house.crm.opportunities = [deal(amount="12")]
    read(house, since=FIRST)
    assert tell(house, records).written == 1
    assert write_back.findings_of(house.hub, "acme") == []


def test_a_row_that_may_be_tried_again_is(house: House) -> None:
    lead_id, records = house.add_lead(), Records()
    link(house, lead_id, "00QS1")
    house.crm.opportunities = [deal()]
    read(house)
    records.faults = [RowResult("", ok=False, code="LOCKED", retryable=True)]

    assert tell(house, records).written == 1


def test_events_on_an_opportunity_go_onto_its_record(house: House) -> None:
    _, records = told_of_a_call(house)

    for _ in range(2):
        write_back.queue_events(house.hub, house.ctx, house.mapping)
        write_back.write_events(house.hub, house.ctx, house.mapping, records)

    (event,) = records.events.values()
    assert (event.on, event.record_id, event.type, event.subject) == ("opportunity", "OPP0", "Call", "Price")


def test_the_rep_of_the_lead_stands_in_for_an_owner_without_address(house: House) -> None:
    lead_id, records = house.add_lead(), Records()
    link(house, lead_id, "00QS1")
    with house.hub.transaction("acme") as connection:
        connection.execute(update(assignment).values(rep_name="Bo", rep_email="bo@partner.example"))
    house.crm.opportunities = [deal(owner=CrmUser("00G", "Queue"))]
    read(house)

    tell(house, records)

    assert json.dumps([one["Rep__c"] for one in records.records.values()]) == '["bo@partner.example"]'
