"""What a partner's org tells of our records, its activities and its lists; faults on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hooks.salesforce.crm import SalesforceCrm
from hooks.salesforce.hook import SalesforceHook
from leadline.errors import (
    BudgetExhausted,
    CredentialsRefused,
    NotAllowed,
    RetryLater,
    SchemaDrift,
    VendorUnavailable,
)
from leadline.ports import ActivityWrite, ContactList, CrmActivity, CrmRecord, KnownRecord
from sandbox.launch import RunningSandbox, running
from sandbox.orgs import INTEGRATION_ID

EXTERNAL = "Leadline_Id__c"
OWNER = "005000000000002AAA"
QUEUE = "00G000000000001"
DAWN = datetime(2026, 11, 20, tzinfo=UTC)
FIELDS = ("Phone", "Title", "Products__c", "Opt_In__c")


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=("p001",), vendors=()) as sandbox:
        yield sandbox


class Org:
    """A partner's org and our adapter for it; records are inserted with stamps (seconds after dawn)."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.control = sandbox.control
        self.client = SalesforceHook("sf_p001").get_client()
        self.client.sleep = lambda _seconds: None
        self.crm = SalesforceCrm(self.client, EXTERNAL)

    def act(self, action: str, **values: Any) -> Any:
        return self.control.act("p001", action, **values)

    def insert(self, object_: str, after: float = 0.0, **values: Any) -> str:
        row = {"SystemModstamp": (DAWN + timedelta(seconds=after)).isoformat(), **values}
        return str(self.act("insert", object=object_, rows=[row])[0])

    def lead(self, after: float = 0.0, **values: Any) -> str:
        return self.insert("Lead", after, **{"LastName": "Doe", "Company": "Example"} | values)

    def contact(self, after: float = 0.0, **values: Any) -> str:
        return self.insert("Contact", after, **{"LastName": "Doe"} | values)

    def set(self, record_id: str, **values: Any) -> None:
        self.act("update", id=record_id, values=values)

    def fault(self, kind: str, operation: str, moment: str = "before", **order: Any) -> None:
        self.control.fault("salesforce", kind, operation=operation, moment=moment, **order)

    def calls(self) -> list[str]:
        return [one["operation"] for one in self.control.journal(room="salesforce")]

    def records(self, *known: KnownRecord, since: float | None = None, **more: Any) -> list[CrmRecord]:
        fields = more.get("fields", FIELDS)
        at = None if since is None else DAWN + timedelta(seconds=since)
        return list(self.crm.pull_records(known, fields, at))

    def activities(self, *known: KnownRecord, since: float | None = None) -> list[CrmActivity]:
        at = None if since is None else DAWN + timedelta(seconds=since)
        return list(self.crm.pull_activities(known, at))


@pytest.fixture
def org(started: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Org]:
    started.control.reset()
    address = started.org("p001")
    extra = {
        "instance_url": address["tls_url"],
        "consumer_key": address["client_id"],
        "consumer_secret": address["client_secret"],
        "ca_bundle": started.ca_bundle,
    }
    monkeypatch.setenv("AIRFLOW_CONN_SF_P001", json.dumps({"conn_type": "salesforce", "extra": extra}))
    made = Org(started)
    yield made
    made.client.close()


def lead(record_id: str, seen: str | None = None) -> KnownRecord:
    return KnownRecord(record_id, "Lead", f"A-{record_id}", "doe@buyer.example", seen)


def contact(record_id: str) -> KnownRecord:
    return KnownRecord(record_id, "Contact", f"A-{record_id}", "doe@buyer.example")


class TestRecords:
    def test_our_own_integration_user_is_nobody_s_sales_rep(self, org: Org) -> None:
        ours = org.lead(OwnerId=INTEGRATION_ID)

        (record,) = org.records(lead(ours))

        assert record.owner is None

    @pytest.mark.capability("W10", "crm:salesforce", "collections.retrieve")
    def test_status_owner_and_values_come_as_text(self, org: Org) -> None:
        one = org.lead(
            Status="Working - Contacted",
            OwnerId=OWNER,
            Phone="1",
            Products__c="Cloud;Routers",
            Opt_In__c=True,
        )

        (record,) = org.records(lead(one))

        assert (record.record_id, record.status) == (one, "Working - Contacted")
        assert record.owner is not None
        assert (record.owner.name, record.owner.email) == ("Olivia Owner", "owner@p001.example")
        assert set(str(record.values["Products__c"]).split(";")) == {"Cloud", "Routers"}
        assert {name: record.values[name] for name in ("Phone", "Title", "Opt_In__c")} == {
            "Phone": "1",
            "Title": None,
            "Opt_In__c": "true",
        }

    def test_a_queue_is_no_rep(self, org: Org) -> None:
        (record,) = org.records(lead(org.lead(OwnerId=QUEUE)))

        assert record.owner is None

    def test_what_changed_since_comes_and_what_did_not_does_not(self, org: Org) -> None:
        old, exact, new = org.lead(-1), org.lead(0), org.lead(1)

        found = org.records(lead(old), lead(exact), lead(new), since=0)

        assert [one.record_id for one in found] == [exact, new]
        assert len(org.records(lead(old), lead(exact), lead(new))) == 3

    def test_one_that_changed_since_it_was_seen_comes_whenever_that_was(self, org: Org) -> None:
        one = org.lead(-10)
        (before,) = org.records(lead(one))

        unseen = org.records(lead(one, "2026-11-19T00:00:00.000+0000"), since=0)
        same = org.records(lead(one, before.stamp), since=0)

        assert [record.record_id for record in unseen] == [one]
        assert same == []

    def test_a_deleted_record_is_told_and_a_hidden_one_is_missing(self, org: Org) -> None:
        deleted, there = org.lead(), org.lead()
        org.act("delete", id=deleted)
        nobody = "00Q" + "9" * 12 + "AAA"

        found = {
            one.record_id: one for one in org.records(lead(deleted), lead(there), lead(nobody), since=-60)
        }

        assert (found[deleted].deleted, found[deleted].missing) == (True, False)
        assert (found[nobody].deleted, found[nobody].missing) == (False, True)
        assert (found[there].deleted, found[there].missing) == (False, False)

    def test_a_deletion_is_told_once(self, org: Org) -> None:
        one = org.lead()
        org.act("delete", id=one)
        (gone,) = org.records(lead(one), since=0)

        later = list(
            org.crm.pull_records([lead(one, gone.stamp)], FIELDS, datetime.now(UTC) + timedelta(days=9))
        )

        assert gone.deleted
        assert later == []

    def test_a_merged_record_comes_with_its_survivor_s_values(self, org: Org) -> None:
        lesser, middle, master = org.lead(Phone="1"), org.lead(Phone="2"), org.lead(Phone="3")
        org.act("merge", object="Lead", master_id=middle, lesser_ids=[lesser])
        org.act("merge", object="Lead", master_id=master, lesser_ids=[middle])

        (record,) = org.records(lead(lesser), since=0)

        assert (record.record_id, record.merged_into, record.deleted) == (lesser, master, False)
        assert record.values["Phone"] == "3"

    def test_a_converted_lead_names_contact_and_opportunity(self, org: Org) -> None:
        one, other = org.lead(Phone="1"), org.contact()
        made = org.act("convert", lead_id=one, owner_id=OWNER)

        (record,) = org.records(lead(one), since=0)
        org.act("merge", object="Contact", master_id=other, lesser_ids=[made["contact_id"]])
        (after,) = org.records(lead(one))

        assert (record.status, record.values["Phone"]) == ("Closed - Converted", "1")
        assert (record.converted_to, record.opportunity_id) == (made["contact_id"], made["opportunity_id"])
        assert after.converted_to == other

    def test_a_conversion_without_opportunity_names_none(self, org: Org) -> None:
        one = org.lead()
        made = org.act("convert", lead_id=one, opportunity=False)

        (record,) = org.records(lead(one))

        assert (record.converted_to, record.opportunity_id) == (made["contact_id"], None)

    def test_leads_and_contacts_each_have_the_fields_they_have(self, org: Org) -> None:
        one, other = org.lead(City="Ulm"), org.contact(MailingCity="Bonn")

        found = {r.object: r for r in org.records(lead(one), contact(other), fields=("City", "MailingCity"))}

        assert found["Lead"].values == {"City": "Ulm"}
        assert found["Contact"].values == {"MailingCity": "Bonn"}
        assert found["Contact"].status is None

    def test_a_field_that_no_object_has_is_drift(self, org: Org) -> None:
        one = org.lead()
        org.act("drop_field", object="Lead", name="Opt_In__c")

        with pytest.raises(SchemaDrift, match="Lead have no field 'Opt_In__c'"):
            org.records(lead(one))

    def test_a_record_that_carries_two_leads_comes_once(self, org: Org) -> None:
        one = org.lead()

        assert len(org.records(lead(one), KnownRecord(one, "Lead", "A-2", "x@y.example"))) == 1

    def test_many_records_take_few_calls(self, org: Org) -> None:
        rows = [{"LastName": "Doe", "Company": "E", "SystemModstamp": DAWN.isoformat()} for _ in range(4_500)]
        known = [lead(one) for one in org.act("insert", object="Lead", rows=rows)]
        org.set(known[7].record_id, Phone="1")

        found = org.records(*known, since=1)

        assert [one.record_id for one in found] == [known[7].record_id]
        assert org.calls().count("collections.retrieve") == 4

    def test_nothing_is_asked_for_nobody(self, org: Org) -> None:
        assert org.records() == []
        assert org.calls() == []


class TestActivities:
    @pytest.mark.capability("W10", "crm:salesforce", "query_all")
    def test_tasks_and_events_of_a_lead_come_and_ours_bear_our_key(self, org: Org) -> None:
        one = org.lead()
        list(org.crm.add_activities([ActivityWrite("N1", one, "Opened a mail", None, DAWN)]))
        call = org.insert("Task", 5, WhoId=one, Subject="Called", Type="Call", ActivityDate="2026-11-20")
        visit = org.insert("Event", 5, WhoId=one, Subject="Visit", StartDateTime="2026-11-20T09:30:00Z")

        found = {activity.activity_id: activity for activity in org.activities(lead(one))}

        assert len(found) == 3
        assert {activity.key for activity in found.values()} == {"N1", None}
        assert (found[call].type, found[call].subject, found[call].occurred_at) == ("Call", "Called", DAWN)
        assert (found[visit].type, found[visit].occurred_at) == ("Event", DAWN + timedelta(hours=9.5))
        assert {activity.record_id for activity in found.values()} == {one}

    def test_only_those_made_or_changed_since_come_and_no_deleted_one(self, org: Org) -> None:
        one = org.lead()
        org.insert("Task", -5, WhoId=one, Subject="Before")
        org.insert("Task", 5, WhoId=one, Subject="After")
        gone = org.insert("Task", 5, WhoId=one, Subject="Gone")
        org.act("delete", id=gone)

        assert [activity.subject for activity in org.activities(lead(one), since=0)] == ["After"]

    def test_what_moved_to_the_contact_of_a_converted_lead_is_still_the_lead_s(self, org: Org) -> None:
        one = org.lead()
        org.insert("Task", 5, WhoId=one, Subject="On the lead")
        made = org.act("convert", lead_id=one)
        org.insert("Task", 5, WhoId=made["contact_id"], WhatId=made["opportunity_id"], Subject="On both")
        org.insert("Task", 5, WhatId=made["opportunity_id"], Subject="On the deal")

        found = org.activities(lead(one))

        assert sorted(str(activity.subject) for activity in found) == [
            "On both",
            "On the deal",
            "On the lead",
        ]
        assert {activity.record_id for activity in found} == {one}

    def test_an_opportunity_has_its_own(self, org: Org) -> None:
        made = org.act("convert", lead_id=org.lead())
        deal = made["opportunity_id"]
        org.insert("Event", 5, WhatId=deal, Subject="Pitch", StartDateTime="2026-11-20T09:30:00Z")

        found = org.activities(KnownRecord(deal, "Opportunity", "O-1", ""))

        assert [(activity.record_id, activity.subject) for activity in found] == [(deal, "Pitch")]

    def test_those_of_a_merged_contact_are_its_survivor_s(self, org: Org) -> None:
        lesser, master = org.contact(), org.contact()
        org.insert("Task", 5, WhoId=lesser, Subject="Called")
        org.act("merge", object="Contact", master_id=master, lesser_ids=[lesser])

        assert [activity.record_id for activity in org.activities(contact(lesser))] == [lesser]

    @pytest.mark.parametrize("changed", [3, 1_500], ids=["few-changes", "many-changes"])
    def test_many_records_lose_and_double_nothing(self, org: Org, changed: int) -> None:
        rows = [{"LastName": "Doe", "Company": "E"} for _ in range(1_600)]
        leads = org.act("insert", object="Lead", rows=rows)
        stamps = (DAWN + timedelta(seconds=5)).isoformat()
        tasks = [{"WhoId": one, "Subject": "T", "SystemModstamp": stamps} for one in leads[:changed]]
        org.act("insert", object="Task", rows=tasks)
        stranger = org.lead()
        org.insert("Task", 5, WhoId=stranger, Subject="T")
        org.act("set_page_rows", rows=300)

        found = org.activities(*map(lead, leads), since=0)

        assert sorted(activity.record_id for activity in found) == sorted(leads[:changed])


class TestLists:
    @pytest.mark.capability("P9", "crm:salesforce", "query")
    def test_campaigns_and_tabular_reports_are_lists(self, org: Org) -> None:
        campaign = org.insert("Campaign", Name="Spring")
        report = org.act("add_report", name="Fans", object="Contact", columns=["Name", "Email"])
        org.act("add_report", name="Totals", object="Contact", columns=["Name"], format="Summary")

        assert list(org.crm.lists()) == [
            ContactList(campaign, "Spring", "campaign"),
            ContactList(report, "Fans", "report"),
        ]

    def test_a_campaign_s_members_come_as_leads_or_the_contacts_they_became(self, org: Org) -> None:
        campaign = org.insert("Campaign", Name="Spring")
        one, other = org.lead(Email="a@b.example"), org.lead(Email="c@d.example", FirstName="Ann")
        for person in (one, other):
            org.insert("CampaignMember", CampaignId=campaign, LeadId=person)
        became = org.act("convert", lead_id=other)["contact_id"]

        members = {
            member.object: member
            for member in org.crm.list_members(ContactList(campaign, "Spring", "campaign"))
        }

        assert (members["Lead"].record_id, members["Lead"].email) == (one, "a@b.example")
        assert (members["Contact"].record_id, members["Contact"].name) == (became, "Ann Doe")

    @pytest.mark.capability("P9", "crm:salesforce", "report.run")
    def test_a_report_s_rows_are_people_each_once(self, org: Org) -> None:
        one = org.contact(Email="a@b.example", FirstName="Ann")
        org.contact()  # without an address
        report = org.act("add_report", name="Fans", object="Contact", columns=["Name", "Title", "Email"])

        members = list(org.crm.list_members(ContactList(report, "Fans", "report")))

        ann = next(member for member in members if member.record_id == one)
        assert (ann.object, ann.email, ann.name) == ("Contact", "a@b.example", "Ann Doe")
        assert len(members) == 2

    def test_a_report_of_addresses_alone_still_names_people(self, org: Org) -> None:
        org.lead(Email="a@b.example")
        org.lead(Email="A@b.example")
        org.lead()
        report = org.act("add_report", name="Addresses", object="Lead", columns=["Company", "Email"])

        members = list(org.crm.list_members(ContactList(report, "Addresses", "report")))

        assert len(members) == 1
        assert (members[0].record_id, str(members[0].email).casefold()) == ("", "a@b.example")

    def test_a_long_report_is_read_to_its_end_by_its_ids(self, org: Org) -> None:
        rows = [{"LastName": f"L{number}", "Company": "E"} for number in range(25)]
        leads = org.act("insert", object="Lead", rows=rows)
        report = org.act("add_report", name="All", object="Lead", columns=["Name", "Id", "Email"])
        org.act("set_report_rows", rows=7)

        members = list(org.crm.list_members(ContactList(report, "All", "report")))

        assert sorted(member.record_id for member in members) == sorted(leads)

    def test_a_long_report_without_ids_is_refused_and_not_cut_short(self, org: Org) -> None:
        for number in range(9):
            org.lead(Email=f"l{number}@b.example")
        report = org.act("add_report", name="All", object="Lead", columns=["Company", "Email"])
        org.act("set_report_rows", rows=7)

        with pytest.raises(NotAllowed, match="more than 7 rows"):
            list(org.crm.list_members(ContactList(report, "All", "report")))

    def test_a_report_that_is_gone_or_no_longer_tabular_is_named(self, org: Org) -> None:
        summary = org.act("add_report", name="T", object="Lead", columns=["Name"], format="Summary")

        with pytest.raises(NotAllowed, match="no longer tabular"):
            list(org.crm.list_members(ContactList(summary, "T", "report")))
        with pytest.raises(SchemaDrift, match="NOT_FOUND"):
            list(org.crm.list_members(ContactList("00O" + "9" * 12 + "AAA", "T", "report")))


def pull_records(org: Org, one: str) -> list[Any]:
    return org.records(lead(one), since=0)


def pull_activities(org: Org, one: str) -> list[Any]:
    return org.activities(lead(one), since=0)


def pull_deals(org: Org, one: str) -> list[Any]:
    return list(org.crm.pull_opportunities([lead(one)], "contact_match", DAWN))


def read_lists(org: Org, _one: str) -> list[Any]:
    return [member for found in org.crm.lists() for member in org.crm.list_members(found)]


def busy(org: Org) -> str:
    """Make an org in which every pull has something to tell, and return the lead's id."""
    one = org.lead(5, Email="doe@buyer.example")
    org.insert("CampaignMember", CampaignId=org.insert("Campaign", Name="C"), LeadId=one)
    org.act("convert", lead_id=one)
    org.insert("Task", 5, WhoId=org.act("rows", object="Contact")[0]["Id"], Subject="Called")
    return one


PULLS = [pull_records, pull_activities, pull_deals, read_lists]


@pytest.mark.parametrize("pull", PULLS)
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
        ({"status": 400, "code": "QUERY_TIMEOUT"}, RetryLater, "QUERY_TIMEOUT"),
    ],
    ids=["session", "daily", "concurrent", "disabled", "unavailable", "unknown", "timeout"],
)
def test_an_outage_is_an_error_and_never_an_empty_answer(
    org: Org, pull: Any, arguments: dict[str, Any], error: type[Exception], says: str
) -> None:
    one = busy(org)
    whole = pull(org, one)
    for operation in ("collections.retrieve", "query*", "report.*"):
        org.fault("status", operation, arguments=arguments, times=50)

    with pytest.raises(error, match=says) as raised:
        pull(org, one)
    org.control.clear_faults()

    assert len(str(raised.value).splitlines()) == 1
    assert "doe@buyer.example" not in str(raised.value)
    assert whole
    assert pull(org, one) == whole


@pytest.mark.parametrize("pull", PULLS)
@pytest.mark.parametrize(
    ("kind", "moment"),
    [("hang_up", "before"), ("hang_up", "after"), ("truncate", "after"), ("status", "after")],
)
def test_a_lost_answer_is_asked_for_again(org: Org, pull: Any, kind: str, moment: str) -> None:
    one = busy(org)
    whole = pull(org, one)
    for operation in ("collections.retrieve", "query*"):
        org.fault(kind, operation, moment)

    assert pull(org, one) == whole


@pytest.mark.parametrize("kind", ["short_pages", "expired_locator", "query_timeout"])
def test_pages_that_go_on_the_way_lose_and_double_nothing(org: Org, kind: str) -> None:
    one = org.lead()
    for number in range(30):
        org.insert("Task", 5, WhoId=one, Subject=f"T{number}")
    if kind == "expired_locator":
        org.fault("short_pages", "query_all", arguments={"rows": 7})
        org.fault(kind, "query_more")
    else:
        org.fault(kind, "query*", times=2, arguments={"rows": 7} if kind == "short_pages" else {})

    found = org.activities(lead(one))

    assert sorted(str(activity.subject) for activity in found) == sorted(f"T{n}" for n in range(30))


def test_half_an_answer_is_no_mass_deletion(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    ones = [org.lead() for _ in range(3)]
    read = org.client.read_json

    def half(method: str, path: str, **call: Any) -> Any:
        answer = read(method, path, **call)
        return answer[:1] if isinstance(answer, list) else answer

    monkeypatch.setattr(org.client, "read_json", half)

    with pytest.raises(VendorUnavailable, match="3 records were asked for"):
        org.records(*map(lead, ones))
