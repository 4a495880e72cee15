"""What flows back into a supplier's org: values, events, opportunities; asserted from the org's records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hooks.salesforce.hook import SalesforceHook
from hooks.salesforce.supplier import SalesforceSupplier
from leadline.errors import (
    BudgetExhausted,
    ConfigurationError,
    CredentialsRefused,
    RetryLater,
    SchemaDrift,
    VendorUnavailable,
)
from leadline.mapping.loading import load_mapping
from leadline.mapping.model import EventWriteBack, SupplierMapping
from leadline.ports import EventWrite, OpportunityWrite, RowResult, StatusRow
from sandbox.launch import RunningSandbox, running

GLOBEX = load_mapping(Path(__file__).parents[3] / "include/mappings/globex.yaml")
DEAL = "Partner_Opportunity__c"
NOON = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=("globex", "globex_test"), vendors=()) as sandbox:
        yield sandbox


class Org:
    """The supplier's org and our adapter for it."""

    def __init__(self, sandbox: RunningSandbox, name: str) -> None:
        self.control = sandbox.control
        self.name = name
        self.client = SalesforceHook("globex_salesforce").get_client()
        self.client.sleep = lambda _seconds: None
        self._people = 0
        self.campaign = self.insert("Campaign", Name="C", IsActive=True, Distribute__c=True)

    def act(self, action: str, **values: Any) -> Any:
        return self.control.act(self.name, action, **values)

    def insert(self, object_: str, **values: Any) -> str:
        return str(self.act("insert", object=object_, rows=[values])[0])

    def lead(self, **values: Any) -> str:
        self._people += 1
        return self.insert("Lead", **{"LastName": f"L{self._people}", "Company": "Example"} | values)

    def member(self, lead: str, campaign: str | None = None) -> str:
        return self.insert("CampaignMember", CampaignId=campaign or self.campaign, LeadId=lead)

    def rows(self, object_: str, *, deleted: bool = False) -> dict[str, dict[str, Any]]:
        found = self.act("rows", object=object_, deleted=deleted)
        return {row["Id"]: row for row in found}

    def fault(self, kind: str, operation: str, moment: str = "before", **order: Any) -> None:
        self.control.fault("salesforce", kind, operation=operation, moment=moment, **order)

    def system(self, mapping: SupplierMapping = GLOBEX) -> SalesforceSupplier:
        return SalesforceSupplier(self.client, mapping)

    def back(self, *rows: StatusRow, mapping: SupplierMapping = GLOBEX) -> dict[str, RowResult]:
        return {one.key: one for one in self.system(mapping).write_back(rows)}

    def events(self, *events: EventWrite, mapping: SupplierMapping = GLOBEX) -> dict[str, RowResult]:
        return {one.key: one for one in self.system(mapping).write_events(events)}

    def deals(self, *writes: OpportunityWrite, mapping: SupplierMapping = GLOBEX) -> dict[str, RowResult]:
        return {one.key: one for one in self.system(mapping).write_opportunities(writes)}


@pytest.fixture
def make_org(started: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    started.control.reset()
    made: list[Org] = []

    def make(name: str = "globex") -> Org:
        address = started.org(name)
        extra = {
            "instance_url": address["tls_url"],
            "consumer_key": address["client_id"],
            "consumer_secret": address["client_secret"],
            "ca_bundle": started.ca_bundle,
        }
        connection = json.dumps({"conn_type": "salesforce", "extra": extra})
        monkeypatch.setenv("AIRFLOW_CONN_GLOBEX_SALESFORCE", connection)
        made.append(Org(started, name))
        return made[-1]

    yield make
    for one in made:
        one.client.close()


@pytest.fixture
def org(make_org: Any) -> Org:
    found: Org = make_org()
    return found


def mapped(**write_back: Any) -> SupplierMapping:
    return GLOBEX.model_copy(update={"write_back": GLOBEX.write_back.model_copy(update=write_back)})


def status(record_id: str, **values: str | None) -> StatusRow:
    named = {name.replace("Lead_", "Lead."): value for name, value in values.items()}
    return StatusRow(f"salesforce:{record_id}:", record_id, 1, named, "L1")


def event(key: str, record_id: str, **values: Any) -> EventWrite:
    return EventWrite(key, record_id, **{"type": "Call", "occurred_at": NOON, "subject": "Asked"} | values)


def deal(key: str, lead: str, record_id: str | None = None, **values: str | None) -> OpportunityWrite:
    given = {"Name": "Example - 5 routers", "Probability__c": "50"} | values
    return OpportunityWrite(f"W-{key}", f"O-{key}", record_id, lead, given)


class TestWriteBack:
    @pytest.mark.capability(("W1", "W2", "W3", "W4", "W9", "W11"), "salesforce", "collections.update")
    def test_a_row_writes_its_member_and_its_lead_each_in_its_types(self, org: Org) -> None:
        lead = org.lead(Phone="1")
        member = org.member(lead)
        row = status(
            member,
            LL_Distribution_Status__c="Rejected",
            LL_Not_Routed__c="Not routed",
            LL_Sales_Status__c="Contacted",
            LL_Rep_Name__c="Rea Pace",
            LL_Rep_Email__c="rea@partner.example",
            LL_Rejection_Reason__c="Other",
            LL_Rejection_Comment__c="No budget",
            Lead_Phone="+1 555 0100",
            Lead_Products__c="Routers;Cloud",
            Lead_Demo_Date__c="2026-12-01",
        )

        results = org.back(row)

        assert results[row.identity].ok
        written = org.rows("CampaignMember")[member]
        assert {name: written.get(name) for name in row.values if "." not in name} == {
            name: value for name, value in row.values.items() if "." not in name
        }
        person = org.rows("Lead")[lead]
        assert (person["Phone"], person["Demo_Date__c"]) == ("+1 555 0100", "2026-12-01")
        assert set(person["Products__c"].split(";")) == {"Routers", "Cloud"}

    def test_what_the_mapping_does_not_write_stays(self, org: Org) -> None:
        lead = org.lead(Email="a@buyer.example")
        member = org.member(lead)

        assert org.back(status(member, Lead_Email="b@buyer.example", Status="Responded"))

        assert org.rows("Lead")[lead]["Email"] == "a@buyer.example"
        assert org.rows("CampaignMember")[member]["Status"] == "Sent"

    def test_one_bad_value_refuses_its_row_and_no_other(self, org: Org) -> None:
        bad, good = org.member(org.lead()), org.member(org.lead())
        rows = [status(bad, Lead_Phone="9" * 41), status(good, Lead_Phone="2")]

        results = org.back(*rows)

        refused = results[rows[0].identity]
        assert (refused.ok, refused.code, refused.field) == (False, "STRING_TOO_LONG", "Phone")
        assert results[rows[1].identity].ok

    @pytest.mark.parametrize("bulk_above", [2_000, 0], ids=["collections", "bulk"])
    def test_a_merged_lead_is_followed_to_its_survivor(
        self, org: Org, monkeypatch: pytest.MonkeyPatch, bulk_above: int
    ) -> None:
        monkeypatch.setattr("hooks.salesforce.status.BULK_ABOVE", bulk_above)
        lesser, master = org.lead(), org.lead()
        gone, kept = org.member(lesser), org.member(master)
        org.act("delete", id=gone)  # a merge leaves one member of a campaign
        org.act("merge", object="Lead", master_id=master, lesser_ids=[lesser])

        row = status(gone, LL_Sales_Status__c="Nurture", Lead_Phone="3")
        assert org.back(row)[row.identity].ok

        assert org.rows("CampaignMember")[kept]["LL_Sales_Status__c"] == "Nurture"
        assert org.rows("Lead")[master]["Phone"] == "3"

    def test_a_lead_source_is_followed_too(self, org: Org) -> None:
        source = GLOBEX.source.model_copy(update={"object": "Lead"})
        back = {"object": "Lead", "sales_status": "Rating", "fields": {"title": "Title"}}
        mapping = mapped(**back).model_copy(update={"source": source})
        lesser, master = org.lead(), org.lead()
        org.act("merge", object="Lead", master_id=master, lesser_ids=[lesser])

        row = status(lesser, Title="Head")
        result = org.back(row, mapping=mapping)[row.identity]

        assert result.ok
        assert org.rows("Lead")[master]["Title"] == "Head"

    def test_a_converted_lead_s_contact_takes_what_is_mapped_for_it_and_the_rest_is_told(
        self, org: Org
    ) -> None:
        lead = org.lead()
        member = org.member(lead)
        contact = org.act("convert", lead_id=lead)["contact_id"]
        both = status(member, LL_Sales_Status__c="Contacted", Lead_Title="Head", Lead_Tier_Need__c="Plus")
        phone = status(org.member(org.lead()), Lead_Phone="4")

        results = org.back(both, phone)

        told = results[both.identity]
        assert (told.ok, told.code, told.field, told.stale) == (
            False,
            "CANNOT_UPDATE_CONVERTED_LEAD",
            "Tier_Need__c",
            True,
        )
        assert "write_back.converted" in str(told.message)
        assert org.rows("CampaignMember")[member]["LL_Sales_Status__c"] == "Contacted"
        assert org.rows("Contact")[contact]["Title"] == "Head"
        assert results[phone.identity].ok

    def test_a_rule_that_only_warns_of_duplicates_is_passed(self, make_org: Any) -> None:
        org = make_org("globex_test")
        lead = org.lead()
        org.lead(Phone="5")
        row = status(org.member(lead), Lead_Phone="5")

        assert org.back(row)[row.identity].ok
        assert org.rows("Lead")[lead]["Phone"] == "5"

    def test_a_deleted_record_is_told_as_such(self, org: Org) -> None:
        member = org.member(org.lead())
        org.act("delete", id=member)
        row = status(member, LL_Sales_Status__c="Contacted")

        result = org.back(row)[row.identity]

        assert (result.ok, result.code, result.stale, result.retryable) == (
            False,
            "ENTITY_IS_DELETED",
            True,
            False,
        )

    def test_a_field_that_is_gone_stops_with_its_name(self, org: Org) -> None:
        member = org.member(org.lead())
        org.act("drop_field", object="CampaignMember", name="LL_Rep_Name__c")

        with pytest.raises(SchemaDrift, match="LL_Rep_Name__c"):
            org.back(status(member, LL_Rep_Name__c="Rea"))

    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize("kind", ["hang_up", "status"])
    def test_a_call_that_fails_is_repeated_and_changes_nothing_twice(
        self, org: Org, kind: str, moment: str
    ) -> None:
        lead = org.lead()
        row = status(org.member(lead), LL_Sales_Status__c="Contacted", Lead_Phone="5")
        org.fault(kind, "collections.update", moment)

        assert org.back(row)[row.identity].ok
        assert org.rows("Lead")[lead]["Phone"] == "5"


class TestEvents:
    @pytest.mark.capability("W5", "salesforce", "collections.upsert")
    def test_an_event_is_a_completed_task_of_the_lead_however_often_it_is_sent(self, org: Org) -> None:
        lead = org.lead()
        member = org.member(lead)

        first = org.events(event("E1", member, body="They want a demo"))
        second = org.events(event("E1", member, body="They want a demo"), event("E2", member, subject=""))

        assert first["E1"].created
        assert (second["E1"].ok, second["E1"].created) == (True, False)
        tasks = {task["Leadline_Id__c"]: task for task in org.rows("Task").values()}
        assert set(tasks) == {"E1", "E2"}
        assert tasks["E1"]["WhoId"] == lead
        assert (tasks["E1"]["Subject"], tasks["E2"]["Subject"]) == ("Call: Asked", "Call")
        assert (tasks["E1"]["Status"], tasks["E1"]["ActivityDate"]) == ("Completed", "2026-11-20")

    def test_what_somebody_deleted_is_not_added_again(self, org: Org) -> None:
        member = org.member(org.lead())
        task = org.events(event("E1", member))["E1"].record_id
        org.act("delete", id=task)

        assert org.events(event("E1", member))["E1"].record_id == task

        assert org.rows("Task") == {}

    def test_a_converted_lead_s_contact_takes_the_event_and_a_merged_one_s_survivor(self, org: Org) -> None:
        converted, lesser, master = org.lead(), org.lead(), org.lead()
        of_converted, of_lesser = org.member(converted), org.member(lesser)
        contact = org.act("convert", lead_id=converted)["contact_id"]
        org.act("merge", object="Lead", master_id=master, lesser_ids=[lesser])

        results = org.events(event("E1", of_converted), event("E2", of_lesser))

        assert all(one.ok for one in results.values())
        people = {task["Leadline_Id__c"]: task["WhoId"] for task in org.rows("Task").values()}
        assert people == {"E1": contact, "E2": master}

    def test_an_event_of_a_deleted_lead_is_refused_alone(self, org: Org) -> None:
        gone, there = org.lead(), org.lead()
        member, other = org.member(gone), org.member(there)
        org.act("delete", id=gone)

        results = org.events(event("E1", member), event("E2", other))

        assert (results["E1"].ok, results["E1"].code, results["E1"].stale) == (False, "NOT_FOUND", True)
        assert results["E2"].ok

    @pytest.mark.capability("W8", "salesforce", "collections.upsert")
    def test_events_on_an_opportunity_are_about_its_record(self, org: Org) -> None:
        member = org.member(org.lead())
        record = org.deals(deal("1", member))["W-1"].record_id

        result = org.events(event("E1", str(record), on="opportunity"))["E1"]

        assert result.ok
        (task,) = org.rows("Task").values()
        assert (task["WhatId"], task.get("WhoId")) == (record, None)

    def test_the_partner_s_words_become_the_supplier_s(self, org: Org) -> None:
        mapping = mapped(
            events=EventWriteBack(object="Task", fields={"type": "Type"}, types={"Phone call": "Call"})
        )
        member = org.member(org.lead())

        org.events(event("E1", member, type="Phone call"), mapping=mapping)

        (task,) = org.rows("Task").values()
        assert (task["Type"], task["Subject"]) == ("Call", "Asked")

    def test_events_may_be_calendar_entries_or_rows_of_an_own_object(self, org: Org) -> None:
        for object_ in ("Event", DEAL):
            org.act("add_field", object=object_, name="Key__c", external_id=True, unique=True, length=64)
        own = {"key": "Key__c", "subject": "Name", "lead": "Lead__c", "occurred_at": "Close_Date__c"}
        lead = org.lead()
        member = org.member(lead)

        entry = org.events(
            event("E1", member),
            mapping=mapped(events=EventWriteBack(object="Event", fields={"key": "Key__c"})),
        )
        row = org.events(event("E2", member), mapping=mapped(events=EventWriteBack(object=DEAL, fields=own)))

        assert (entry["E1"].ok, row["E2"].ok) == (True, True)
        (calendar,) = org.rows("Event").values()
        assert (calendar["WhoId"], calendar["StartDateTime"]) == (lead, "2026-11-20T12:30:00.000+0000")
        (kept,) = org.rows(DEAL).values()
        assert (kept["Lead__c"], kept["Close_Date__c"]) == (lead, "2026-11-20")

    def test_a_key_that_is_not_unique_there_is_looked_for_first(self, org: Org) -> None:
        org.act("drop_field", object="Task", name="Leadline_Id__c")
        org.act("add_field", object="Task", name="Leadline_Id__c", length=64)
        member = org.member(org.lead())
        org.fault("hang_up", "collections.create", "after")

        with pytest.raises(VendorUnavailable):
            org.events(event("E1", member))
        again = org.events(event("E1", member))

        assert (again["E1"].ok, len(org.rows("Task"))) == (True, 1)

    def test_without_a_key_field_nothing_is_written(self, org: Org) -> None:
        member = org.member(org.lead())
        org.act("drop_field", object="Task", name="Leadline_Id__c")

        with pytest.raises(SchemaDrift, match="Task has no field 'Leadline_Id__c'"):
            org.events(event("E1", member))

        assert org.rows("Task") == {}

    def test_a_mapping_without_events_refuses_them(self, org: Org) -> None:
        result = org.events(event("E1", org.member(org.lead())), mapping=mapped(events=None))["E1"]

        assert (result.ok, result.code) == (False, "NOT_SUPPORTED")

    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize("kind", ["hang_up", "status"])
    def test_a_lost_answer_adds_no_second_task(self, org: Org, kind: str, moment: str) -> None:
        member = org.member(org.lead())
        org.fault(kind, "collections.upsert", moment)

        assert org.events(event("E1", member))["E1"].ok

        assert len(org.rows("Task")) == 1


class TestOpportunities:
    @pytest.mark.capability(("W6", "W7"), "salesforce", "collections.upsert", "collections.update")
    def test_a_record_is_made_once_and_changed_after(self, org: Org) -> None:
        lead = org.lead()
        member = org.member(lead)

        made = org.deals(deal("1", member, Amount__c="1234.5", Close_Date__c="2026-12-31", Status__c="open"))
        again = org.deals(deal("1", member, Probability__c="75"))
        known = org.deals(deal("1", member, made["W-1"].record_id, Status__c="won"))

        assert [one["W-1"].created for one in (made, again, known)] == [True, False, False]
        assert len({one["W-1"].record_id for one in (made, again, known)}) == 1
        (record,) = org.rows(DEAL).values()
        assert (record["Lead__c"], record["Leadline_Id__c"]) == (lead, "O-1")
        assert (record["Amount__c"], record["Close_Date__c"]) == (1234.5, "2026-12-31")
        assert (record["Probability__c"], record["Status__c"]) == (50, "won")

    @pytest.mark.parametrize("known", [True, False], ids=["id-known", "id-lost"])
    def test_what_was_deleted_there_is_not_made_again(self, org: Org, known: bool) -> None:
        member = org.member(org.lead())
        record = str(org.deals(deal("1", member))["W-1"].record_id)
        org.act("delete", id=record)

        result = org.deals(deal("1", member, record if known else None))["W-1"]

        assert (result.ok, result.code, result.stale) == (False, "ENTITY_IS_DELETED", True)
        assert "not made again" in str(result.message)
        assert org.rows(DEAL) == {}

    def test_the_record_belongs_to_the_lead_that_is_left_of_a_merge(self, org: Org) -> None:
        lesser, master, gone = org.lead(), org.lead(), org.lead()
        merged, lost = org.member(lesser), org.member(gone)
        org.act("merge", object="Lead", master_id=master, lesser_ids=[lesser])
        org.act("delete", id=gone)

        results = org.deals(deal("1", merged), deal("2", lost))

        assert results["W-1"].ok
        assert (results["W-2"].code, results["W-2"].stale) == ("NOT_FOUND", True)
        assert [row["Lead__c"] for row in org.rows(DEAL).values()] == [master]

    def test_a_standard_opportunity_may_be_the_object(self, org: Org) -> None:
        org.act("add_field", object="Opportunity", name="Key__c", external_id=True, unique=True, length=64)
        org.act("add_field", object="Opportunity", name="Lead__c", type="reference", reference_to=["Lead"])
        fields = {
            "name": "Name",
            "stage": "StageName",
            "close_date": "CloseDate",
            "probability": "Probability",
        }
        deals = GLOBEX.write_back.opportunities
        assert deals is not None
        mapping = mapped(
            opportunities=deals.model_copy(
                update={"object": "Opportunity", "external_id": "Key__c", "fields": fields}
            )
        )
        lead = org.lead()
        member = org.member(lead)
        values = {
            "Name": "N" * 150,
            "StageName": "Prospecting",
            "CloseDate": "2026-12-31",
            "Probability": "25",
        }

        whole = OpportunityWrite("W-1", "O-1", None, member, values)
        lacking = OpportunityWrite("W-2", "O-2", None, member, {"Name": "No stage"})
        results = org.deals(whole, lacking, mapping=mapping)

        assert results["W-1"].ok
        (record,) = org.rows("Opportunity").values()
        assert (record["Name"], record["Lead__c"], record["Probability"]) == ("N" * 120, lead, 25)
        assert results["W-2"].code == "REQUIRED_FIELD_MISSING"
        assert "StageName" in str(results["W-2"].field)

    def test_one_row_that_is_locked_is_tried_again_alone(self, org: Org) -> None:
        members = [org.member(org.lead()) for _ in range(3)]
        org.fault("row_error", "collections.upsert", arguments={"rows": [2]})

        first = org.deals(*(deal(str(n), member) for n, member in enumerate(members)))
        second = org.deals(deal("1", members[1]))

        assert [(first[f"W-{n}"].ok, first[f"W-{n}"].retryable) for n in range(3)] == [
            (True, False),
            (False, True),
            (True, False),
        ]
        assert second["W-1"].ok
        assert len(org.rows(DEAL)) == 3

    def test_many_and_two_of_one_opportunity_all_have_their_results(self, org: Org) -> None:
        member = org.member(org.lead())
        writes = [deal(str(number), member) for number in range(450)]
        twice = OpportunityWrite("W-again", "O-7", None, member, {"Probability__c": "90"})

        results = org.deals(*writes, twice)

        assert len(results) == 451
        assert all(one.ok for one in results.values())
        assert len(org.rows(DEAL)) == 450
        assert results["W-again"].record_id == results["W-7"].record_id

    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize("operation", ["collections.upsert", "collections.update"])
    @pytest.mark.parametrize("kind", ["hang_up", "status", "truncate"])
    def test_a_lost_answer_doubles_nothing(self, org: Org, kind: str, operation: str, moment: str) -> None:
        if (kind, moment) == ("truncate", "before"):
            kind = "timeout"  # an answer that was never begun cannot be cut
        member = org.member(org.lead())
        if operation == "collections.update":
            org.deals(deal("1", member))
        arguments = {"seconds": 0.1} if kind == "timeout" else {}
        org.fault(kind, operation, moment, arguments=arguments)

        result = org.deals(deal("1", member, Probability__c="75"))["W-1"]

        assert result.ok
        assert [row["Probability__c"] for row in org.rows(DEAL).values()] == [75]

    def test_a_mapping_without_opportunities_refuses_them(self, org: Org) -> None:
        result = org.deals(deal("1", "00v1"), mapping=mapped(opportunities=None))["W-1"]

        assert (result.ok, result.code) == (False, "NOT_SUPPORTED")

    def test_an_object_without_our_id_is_named(self, org: Org) -> None:
        member = org.member(org.lead())
        org.act("drop_field", object=DEAL, name="Leadline_Id__c")

        with pytest.raises(SchemaDrift, match="Partner_Opportunity__c has no field 'Leadline_Id__c'"):
            org.deals(deal("1", member))


def back(org: Org, member: str) -> object:
    return org.back(status(member, LL_Sales_Status__c="Contacted"))


def events(org: Org, member: str) -> object:
    return org.events(event("E1", member))


def deals(org: Org, member: str) -> object:
    return org.deals(deal("1", member))


@pytest.mark.parametrize("call", [back, events, deals])
@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"status": 401}, CredentialsRefused, "Session expired"),
        ({"status": 403}, BudgetExhausted, "TotalRequests Limit exceeded"),
        (
            {"status": 403, "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded."},
            RetryLater,
            "Concurrent",
        ),
        ({"status": 403, "code": "API_DISABLED_FOR_ORG"}, CredentialsRefused, "API_DISABLED_FOR_ORG"),
        ({"status": 503}, VendorUnavailable, "SERVER_UNAVAILABLE"),
        ({"status": 500}, VendorUnavailable, "UNKNOWN_EXCEPTION"),
        ({"status": 400, "code": "UNABLE_TO_LOCK_ROW"}, RetryLater, "UNABLE_TO_LOCK_ROW"),
    ],
    ids=["session", "daily", "concurrent", "disabled", "unavailable", "unknown", "locked"],
)
def test_a_refused_call_is_one_clear_error_and_the_next_try_makes_it_whole(
    org: Org, call: Any, arguments: dict[str, Any], error: type[Exception], says: str
) -> None:
    member = org.member(org.lead())
    org.fault("status", "collections.*", arguments=arguments, times=10)

    with pytest.raises(error, match=says) as raised:
        call(org, member)
    org.control.clear_faults()
    call(org, member)

    assert len(str(raised.value).splitlines()) == 1
    tasks, records = org.rows("Task"), org.rows(DEAL)
    assert len(tasks) + len(records) == (0 if call is back else 1)
    assert org.rows("CampaignMember")[member].get("LL_Sales_Status__c") == (
        "Contacted" if call is back else None
    )


class TestPreflight:
    def test_a_good_org_has_no_findings_and_describes_all_that_is_written(self, org: Org) -> None:
        system = org.system()

        assert list(system.check()) == []
        assert {"Lead", "Campaign", "CampaignMember", "Contact", "Task", DEAL} <= set(system.describe())

    def test_what_is_missing_is_named(self, org: Org) -> None:
        org.act("drop_field", object="Task", name="Leadline_Id__c")
        org.act("add_field", object=DEAL, name="Leadline_Id__c", length=64)
        org.act("drop_field", object="CampaignMember", name="LL_Rejection_Comment__c")
        org.act("drop_field", object="Lead", name="Products__c")
        org.act("drop_field", object=DEAL, name="Stage__c")
        org.act("add_field", object=DEAL, name="Amount__c", type="currency", createable=False)
        nowhere = GLOBEX.write_back.opportunities
        assert nowhere is not None

        found = {(one.code, one.detail, one.severity) for one in org.system().check()}
        gone = mapped(opportunities=nowhere.model_copy(update={"object": "Gone__c"}))
        missing = {(one.code, one.detail) for one in org.system(gone).check()}

        assert found == {
            ("field_missing", "Task.Leadline_Id__c", "error"),
            ("external_id_not_unique", f"{DEAL}.Leadline_Id__c", "warning"),
            ("field_missing", "CampaignMember.LL_Rejection_Comment__c", "error"),
            ("field_missing", f"{DEAL}.Stage__c", "error"),
            ("field_missing", "Lead.Products__c", "error"),
            ("not_createable", f"{DEAL}.Amount__c", "error"),
        }
        assert ("object_missing", "Gone__c") in missing

    def test_events_in_an_own_object_need_a_field_for_our_key(self, org: Org) -> None:
        keyless = mapped(events=EventWriteBack(object=DEAL, fields={"lead": "Lead__c"}))

        (finding,) = org.system(keyless).check()

        assert (finding.code, finding.detail) == ("field_missing", "write_back.events")
        with pytest.raises(ConfigurationError, match="for 'key'"):
            org.events(event("E1", org.member(org.lead())), mapping=keyless)
