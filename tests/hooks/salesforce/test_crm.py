"""The partner's side on a real server: the sandbox's Salesforce over TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.crm import SalesforceCrm
from hooks.salesforce.hook import SalesforceHook
from leadline.errors import (
    BudgetExhausted,
    ConfigurationError,
    SchemaDrift,
    VendorUnavailable,
)
from leadline.ports import ActivityWrite, RecordKeys, RecordWrite, RowResult
from sandbox.launch import RunningSandbox, running

ORG = "p001"
EXTERNAL = "Leadline_Id__c"
OWNER = "005000000000002AAA"


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=("p001", "p007"), vendors=()) as sandbox:
        yield sandbox


class Org:
    """One partner org and our client for it."""

    def __init__(self, sandbox: RunningSandbox, client: SalesforceClient, name: str) -> None:
        self.control, self.client, self.name = sandbox.control, client, name
        client.sleep = lambda _seconds: None
        self.crm = SalesforceCrm(client, EXTERNAL)

    def insert(self, object_: str, **values: Any) -> str:
        return str(self.control.act(self.name, "insert", object=object_, rows=[values])[0])

    def records(self, object_: str) -> list[dict[str, Any]]:
        return self.control.records(self.name, object_)

    def fault(self, kind: str, operation: str, moment: str = "before", **order: Any) -> None:
        match = {"org": self.name}
        self.control.fault("salesforce", kind, operation=operation, moment=moment, match=match, **order)

    def calls(self, operation: str) -> int:
        return len(self.control.journal(operation=operation))

    def write(self, *writes: RecordWrite, jobs: Ledger | None = None) -> dict[str, RowResult]:
        return {one.key: one for one in self.crm.write(writes, jobs or Ledger())}


class Ledger:
    """A job ledger in memory; it can die right after a job was saved."""

    def __init__(self, *, die: bool = False) -> None:
        self.jobs: dict[str, str] = {}
        self.finished: list[str] = []
        self.die = die

    def job_for(self, keys: Sequence[str]) -> str | None:
        jobs = {self.jobs.get(key) for key in keys}
        return jobs.pop() if len(jobs) == 1 else None

    def save(self, keys: Sequence[str], job_id: str, operation: str, object_: str) -> None:
        self.jobs.update(dict.fromkeys(keys, job_id))
        if self.die:
            raise KeyboardInterrupt

    def finish(self, job_id: str) -> None:
        self.finished.append(job_id)


@pytest.fixture
def make_org(started: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    started.control.reset()
    clients = []

    def make(name: str = ORG, **extra: Any) -> Org:
        address = started.org(name)
        extras = {
            "instance_url": address["tls_url"],
            "consumer_key": address["client_id"],
            "consumer_secret": address["client_secret"],
            "ca_bundle": started.ca_bundle,
        } | extra
        connection = {"conn_type": "salesforce", "extra": extras}
        monkeypatch.setenv(f"AIRFLOW_CONN_SF_{name.upper()}", json.dumps(connection))
        client = SalesforceHook(f"sf_{name}").get_client()
        clients.append(client)
        return Org(started, client, name)

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def org(make_org: Any) -> Org:
    return make_org()


def create(number: int, **fields: str | None) -> RecordWrite:
    values = {"LastName": f"Last{number}", "Company": "Example", "Email": f"p{number}@example.org"}
    return RecordWrite(f"D{number}", "create", "Lead", f"A{number}", None, values | fields)


def change(number: int, record_id: str, **fields: str | None) -> RecordWrite:
    return RecordWrite(f"D{number}", "update", "Lead", f"A{number}", record_id, fields)


def keys(number: int, record_id: str | None = None, email: str | None = None) -> RecordKeys:
    return RecordKeys(f"D{number}", record_id, f"A{number}", email or f"p{number}@example.org")


def test_new_leads_arrive_in_the_types_that_their_fields_have(org: Org) -> None:
    result = org.write(
        create(
            1,
            NumberOfEmployees="120",
            AnnualRevenue="1200000.00",
            Products__c="Routers;Cloud",
            Opt_In__c="true",
            Event_Date__c="2026-10-01",
            Registered_At__c="2026-10-01T08:30:00.123456Z",
            FirstName=None,
        )
    )

    (record,) = org.records("Lead")
    assert result["D1"] == RowResult("D1", ok=True, record_id=record["Id"], created=True)
    assert record[EXTERNAL] == "A1"
    assert (record["NumberOfEmployees"], record["AnnualRevenue"], record["Opt_In__c"]) == (120, 1200000, True)
    assert record["Event_Date__c"] == "2026-10-01"
    assert record["Registered_At__c"].startswith("2026-10-01T08:30:00")
    assert set(record["Products__c"].split(";")) == {"Routers", "Cloud"}


@pytest.mark.capability(("P1", "P2"), "crm:salesforce", "collections.upsert")
@pytest.mark.parametrize("object_", ["Lead", "Contact"])
def test_a_lead_is_kept_as_lead_or_contact_and_found_again(org: Org, object_: str) -> None:
    values: dict[str, str | None] = {"LastName": "Last1", "Email": "p1@example.org"}
    if object_ == "Lead":
        values["Company"] = "Example"
    made = org.write(RecordWrite("D1", "create", object_, "A1", None, values))["D1"]

    changed = org.write(RecordWrite("D2", "update", object_, "A1", made.record_id, {"Title": "Head"}))["D2"]

    assert (made.created, changed.ok) == (True, True)
    (record,) = org.records(object_)
    assert (record["Id"], record["Title"]) == (made.record_id, "Head")
    assert org.crm.find(object_, [keys(1)])["D1"].record_id == made.record_id


def test_our_owner_stays_though_the_org_has_an_assignment_rule(org: Org) -> None:
    org.write(create(1, OwnerId=OWNER))
    (record,) = org.records("Lead")
    org.write(change(2, record["Id"], Title="CTO"))

    assert org.records("Lead")[0]["OwnerId"] == OWNER


@pytest.mark.parametrize("name", ["Distributed leads", "owner@p001.example"])
def test_an_owner_may_be_named(org: Org, name: str) -> None:
    org.write(create(1, OwnerId=name))

    expected = "00G000000000001AAA" if name == "Distributed leads" else OWNER
    assert org.records("Lead")[0]["OwnerId"][:15] == expected[:15]


def test_an_owner_that_nobody_knows_is_a_matter_of_configuration(org: Org) -> None:
    with pytest.raises(ConfigurationError, match="nobody@example"):
        org.write(create(1, OwnerId="nobody@example.org"))


def test_creating_again_makes_no_second_record(org: Org) -> None:
    first = org.write(create(1))["D1"]
    second = org.write(create(1))["D1"]

    assert second.ok
    assert (second.record_id, second.created) == (first.record_id, False)
    assert len(org.records("Lead")) == 1


@pytest.mark.parametrize(
    "count",
    [450, 2_001],  # three collections; one bulk job
)
def test_many_rows_go_with_their_own_outcomes(org: Org, count: int) -> None:
    writes = [
        create(number, LastName="x" * 81 if number == 7 else f'L{number}, "q"\r\nü')
        for number in range(count)
    ]

    results = org.write(*writes)

    assert sum(one.ok for one in results.values()) == count - 1
    bad = results["D7"]
    assert (bad.code, bad.field, bad.retryable) == ("STRING_TOO_LONG", "LastName", False)
    records = {record[EXTERNAL]: record for record in org.records("Lead")}
    assert len(records) == count - 1
    assert records["A8"]["LastName"].split() == ["L8,", '"q"', "ü"]
    assert all(results[f"D{n}"].record_id == records[f"A{n}"]["Id"] for n in range(count) if n != 7)
    assert org.calls("ingest.create") == (1 if count > 2_000 else 0)


def test_a_bulk_update_changes_clears_and_leaves_alone(org: Org) -> None:
    org.crm = SalesforceCrm(org.client, EXTERNAL, bulk_above=1)
    first = org.insert("Lead", LastName="A", Company="C", Title="old", City="Bonn")
    second = org.insert("Lead", LastName="B", Company="C", Title="old", City="Bonn")

    results = org.write(change(1, first, Title=None), change(2, second[:15], City="Köln"))

    assert all(one.ok for one in results.values())
    by_id = {record["Id"]: record for record in org.records("Lead")}
    assert (by_id[first].get("Title"), by_id[first]["City"]) == (None, "Bonn")
    assert (by_id[second]["Title"], by_id[second]["City"]) == ("old", "Köln")
    assert by_id[first].get(EXTERNAL) is None


def test_writes_to_one_record_take_turns(org: Org) -> None:
    record = org.insert("Lead", LastName="A", Company="C")

    results = org.write(change(1, record, Title="one"), change(2, record, City="Bonn"))

    assert all(one.ok for one in results.values())
    (found,) = org.records("Lead")
    assert (found["Title"], found["City"]) == ("one", "Bonn")


def test_a_retry_goes_on_with_the_saved_job_though_nothing_was_uploaded_yet(org: Org) -> None:
    org.crm = SalesforceCrm(org.client, EXTERNAL, bulk_above=1)
    ledger = Ledger(die=True)
    with pytest.raises(KeyboardInterrupt):
        org.write(create(1), create(2), jobs=ledger)
    ledger.die = False

    results = org.write(create(1), create(2), jobs=ledger)

    assert all(one.ok for one in results.values())
    assert org.calls("ingest.create") == 1
    assert ledger.finished == [ledger.jobs["D1"]]


@pytest.mark.parametrize(
    ("operation", "moment", "jobs"),
    [
        ("ingest.upload", "before", 1),
        ("ingest.upload", "after", 2),  # a job takes one upload: its half is put away, unrun
        ("ingest.state", "before", 2),
        ("ingest.state", "after", 1),
        ("ingest.info", "after", 1),
        ("ingest.results", "after", 1),
    ],
)
def test_a_lost_answer_in_a_bulk_job_loses_and_doubles_nothing(
    org: Org, operation: str, moment: str, jobs: int
) -> None:
    org.crm = SalesforceCrm(org.client, EXTERNAL, bulk_above=1)
    ledger = Ledger()
    org.fault("hang_up", f"{operation}*", moment, times=4)
    with pytest.raises(VendorUnavailable):
        org.write(create(1), create(2), jobs=ledger)
    org.control.clear_faults()

    results = org.write(create(1), create(2), jobs=ledger)

    assert sorted(results) == ["D1", "D2"]
    assert all(one.ok for one in results.values())
    assert len(org.records("Lead")) == 2
    assert org.calls("ingest.create") == jobs


def test_rows_that_a_failed_job_did_not_reach_may_go_again(org: Org) -> None:
    org.crm = SalesforceCrm(org.client, EXTERNAL, bulk_above=1)
    org.fault("job_failed", "ingest.state", arguments={"after": 1})

    results = org.write(create(1), create(2), create(3))

    assert [results[key].ok for key in ("D1", "D2", "D3")] == [True, False, False]
    assert (results["D2"].code, results["D2"].retryable) == ("UNPROCESSED", True)


def test_a_slow_job_is_waited_for(org: Org) -> None:
    org.crm = SalesforceCrm(org.client, EXTERNAL, bulk_above=1)
    org.fault("slow_job", "ingest.state", arguments={"polls": 4})

    assert all(one.ok for one in org.write(create(1), create(2)).values())


@pytest.mark.parametrize("bulk_above", [1, 2_000])
def test_a_locked_row_alone_is_retryable(org: Org, bulk_above: int) -> None:
    org.crm = SalesforceCrm(org.client, EXTERNAL, bulk_above=bulk_above)
    org.fault("row_error", "ingest.state", arguments={"rows": 2})
    org.fault("row_error", "collections.upsert", arguments={"rows": 2})

    results = org.write(create(1), create(2))

    assert results["D1"].ok
    assert (results["D2"].ok, results["D2"].code, results["D2"].retryable) == (
        False,
        "UNABLE_TO_LOCK_ROW",
        True,
    )


@pytest.mark.parametrize("bulk_above", [1, 2_000])
def test_a_duplicate_names_the_record_that_is_there(make_org: Any, bulk_above: int) -> None:
    org = make_org("p007")
    org.crm = SalesforceCrm(org.client, EXTERNAL, bulk_above=bulk_above)
    there = org.insert("Lead", LastName="Old", Company="C", Phone="+49 89 1")

    results = org.write(create(1, Phone="+49 89 1"), create(2, Phone="+49 89 2"))

    assert results["D2"].ok
    duplicate = results["D1"]
    assert (duplicate.ok, duplicate.code, duplicate.record_id, duplicate.object) == (
        False,
        "DUPLICATES_DETECTED",
        there,
        "Lead",
    )


def test_an_expired_session_is_renewed_once_and_keeps_the_headers(org: Org) -> None:
    org.write(create(1, OwnerId=OWNER))
    org.fault("status", "collections.upsert", arguments={"status": 401})

    org.write(create(2, OwnerId=OWNER))

    assert {record["OwnerId"] for record in org.records("Lead")} == {OWNER}


def test_an_unavailable_org_is_tried_again_and_then_given_up(org: Org) -> None:
    org.fault("status", "collections.upsert", arguments={"status": 503}, times=2)
    assert org.write(create(1))["D1"].ok

    org.fault("status", "collections.upsert", arguments={"status": 503}, times=9)
    with pytest.raises(VendorUnavailable):
        org.write(create(2))


def test_a_lost_answer_to_a_collection_is_repeated_without_a_second_record(org: Org) -> None:
    org.fault("hang_up", "collections.upsert", "after")

    assert org.write(create(1))["D1"].ok
    assert len(org.records("Lead")) == 1


def test_records_are_found_by_id_then_external_id_then_email(org: Org) -> None:
    by_id = org.insert("Lead", LastName="A", Company="C", Email="other@example.org")
    by_key = org.insert("Lead", LastName="B", Company="C", Email="x@example.org", **{EXTERNAL: "A2"})
    by_email = org.insert("Lead", LastName="C", Company="C", Email="P3@Example.org")
    org.insert("Lead", LastName="D", Company="C", Email="p3@example.org")  # younger

    found = org.crm.find("Lead", [keys(1, by_id[:15]), keys(2), keys(3), keys(4)])

    assert {key: (one.record_id, one.by) for key, one in found.items()} == {
        "D1": (by_id, "record_id"),
        "D2": (by_key, "external_id"),
        "D3": (by_email, "email"),
    }


def test_many_people_are_looked_for_in_few_calls(org: Org) -> None:
    org.insert("Lead", LastName="C", Company="C", Email="p999@example.org")
    wanted = [
        RecordKeys(f"D{n}", None, f"A{n:032}", f"p{n}@example.org" if n else "o'b\\r%ien+ü@example.org")
        for n in range(1_000)
    ]

    found = org.crm.find("Lead", wanted)

    assert list(found) == ["D999"]
    assert org.calls("query") < 15


def test_a_converted_lead_names_the_contact_it_became(org: Org) -> None:
    lead = org.insert("Lead", LastName="A", Company="C", Email="p1@example.org")
    org.control.act(org.name, "convert", lead_id=lead)

    found = org.crm.find("Lead", [keys(1)])["D1"]

    (person,) = org.records("Contact")
    assert found.converted_to == person["Id"]
    result = org.write(change(1, lead, Title="CTO"))["D1"]
    assert (result.ok, result.stale) == (False, True)


def test_a_merged_record_leads_to_its_survivor(org: Org) -> None:
    gone = org.insert("Lead", LastName="A", Company="C", Email="p1@example.org")
    kept = org.insert("Lead", LastName="B", Company="C", Email="other@example.org")
    org.control.act(org.name, "merge", object="Lead", master_id=kept, lesser_ids=[gone])

    found = org.crm.find("Lead", [keys(1, gone)])["D1"]

    assert (found.record_id, found.by) == (kept, "record_id")


def test_a_deleted_record_is_not_found_and_an_update_of_it_is_stale(org: Org) -> None:
    lead = org.insert("Lead", LastName="A", Company="C", Email="p1@example.org")
    org.control.act(org.name, "delete", id=lead)

    assert org.crm.find("Lead", [keys(1, lead)]) == {}
    assert org.write(change(1, lead, Title="CTO"))["D1"].stale


@pytest.mark.capability("P2", "crm:salesforce", "collections.upsert")
def test_an_activity_becomes_one_completed_task_however_often_it_is_sent(org: Org) -> None:
    lead = org.insert("Lead", LastName="A", Company="C")
    activity = ActivityWrite("E1", lead, "Acme: Webinar", "came late", datetime(2026, 10, 1, 23, tzinfo=UTC))

    first = list(org.crm.add_activities([activity]))
    second = list(org.crm.add_activities([activity]))

    (task,) = org.records("Task")
    assert [one.record_id for one in (*first, *second)] == [task["Id"]] * 2
    assert (task["WhoId"], task["Status"], task["ActivityDate"], task["Description"]) == (
        lead,
        "Completed",
        "2026-10-01",
        "came late",
    )


def test_a_task_that_the_partner_changed_or_deleted_stays_so(org: Org) -> None:
    lead = org.insert("Lead", LastName="A", Company="C")
    kept = ActivityWrite("E1", lead, "Acme: Webinar", "came", None)
    deleted = ActivityWrite("E2", lead, "Acme: Fair", "came", None)
    first = {one.key: one.record_id for one in org.crm.add_activities([kept, deleted])}
    org.control.act(org.name, "update", id=first["E1"], values={"Subject": "Call her"})
    org.control.act(org.name, "delete", id=first["E2"])

    results = list(org.crm.add_activities([kept, deleted]))

    assert all(one.ok for one in results)
    assert [task["Subject"] for task in org.records("Task")] == ["Call her"]


def test_a_lost_answer_to_a_task_adds_no_second_one(org: Org) -> None:
    lead = org.insert("Lead", LastName="A", Company="C")
    org.fault("hang_up", "collections*", "after", times=4)
    activity = ActivityWrite("E1", lead, "Acme: Webinar", None, None)

    with pytest.raises(VendorUnavailable):
        list(org.crm.add_activities([activity]))
    org.control.clear_faults()
    (result,) = org.crm.add_activities([activity])

    assert result.ok
    assert len(org.records("Task")) == 1


def test_without_a_key_field_no_task_is_written(org: Org) -> None:
    org.control.act(org.name, "drop_field", object="Task", name=EXTERNAL)

    with pytest.raises(SchemaDrift, match="Task"):
        list(org.crm.add_activities([ActivityWrite("E1", "00Q", "s", None, None)]))
    assert [one.detail for one in org.crm.check()] == [f"Task.{EXTERNAL}"]


@pytest.mark.parametrize("bulk_above", [1, 2_000])
def test_an_unknown_field_stops_instead_of_refusing_row_by_row(org: Org, bulk_above: int) -> None:
    org.crm = SalesforceCrm(org.client, EXTERNAL, bulk_above=bulk_above)

    with pytest.raises(SchemaDrift):
        org.write(create(1, Gone__c="x"), create(2, Gone__c="x"))


@pytest.mark.capability("P4", "crm:salesforce", "limits", "describe")
def test_check_finds_nothing_where_all_is_well_and_names_what_is_not(make_org: Any) -> None:
    assert list(make_org().crm.check()) == []

    (finding,) = make_org(consumer_secret="wrong").crm.check()

    assert (finding.code, finding.severity) == ("credentials", "error")


def test_check_warns_of_what_cannot_be_read_back(org: Org) -> None:
    match = {"object": "Opportunity"}
    arguments = {"status": 404, "code": "NOT_FOUND"}
    org.control.fault("salesforce", "status", operation="describe", match=match, arguments=arguments)

    (finding,) = org.crm.check()

    assert (finding.code, finding.detail, finding.severity) == ("object_missing", "Opportunity", "warning")


def test_an_org_that_is_down_is_found_by_check(org: Org) -> None:
    org.control.org_up(org.name, False)
    try:
        (finding,) = org.crm.check()
    finally:
        org.control.org_up(org.name, True)

    assert finding.code == "connection"


def test_a_spent_quota_says_so(org: Org) -> None:
    org.fault("status", "collections*", arguments={"status": 403, "code": "REQUEST_LIMIT_EXCEEDED"})

    with pytest.raises(BudgetExhausted):
        org.write(create(1))
