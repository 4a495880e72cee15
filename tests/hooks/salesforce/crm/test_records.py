"""Leads written into a partner's org, in collections and in bulk."""

from __future__ import annotations

from typing import Any

import pytest

from hooks.salesforce.crm import SalesforceCrm
from leadline.errors import ConfigurationError, SchemaDrift, VendorUnavailable
from leadline.ports import RecordWrite, RowResult
from tests.hooks.salesforce.crm.room import EXTERNAL, OWNER, Ledger, PartnerOrg, change, create, keys


def test_new_leads_arrive_in_the_types_that_their_fields_have(org: PartnerOrg) -> None:
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
def test_a_lead_is_kept_as_lead_or_contact_and_found_again(org: PartnerOrg, object_: str) -> None:
    values: dict[str, str | None] = {"LastName": "Last1", "Email": "p1@example.org"}
    if object_ == "Lead":
        values["Company"] = "Example"
    made = org.write(RecordWrite("D1", "create", object_, "A1", None, values))["D1"]

    changed = org.write(RecordWrite("D2", "update", object_, "A1", made.record_id, {"Title": "Head"}))["D2"]

    assert (made.created, changed.ok) == (True, True)
    (record,) = org.records(object_)
    assert (record["Id"], record["Title"]) == (made.record_id, "Head")
    assert org.crm.find(object_, [keys(1)])["D1"].record_id == made.record_id


def test_our_owner_stays_though_the_org_has_an_assignment_rule(org: PartnerOrg) -> None:
    org.write(create(1, OwnerId=OWNER))
    (record,) = org.records("Lead")
    org.write(change(2, record["Id"], Title="CTO"))

    assert org.records("Lead")[0]["OwnerId"] == OWNER


@pytest.mark.parametrize("name", ["Distributed leads", "owner@p001.example"])
def test_an_owner_may_be_named(org: PartnerOrg, name: str) -> None:
    org.write(create(1, OwnerId=name))

    expected = "00G000000000001AAA" if name == "Distributed leads" else OWNER
    assert org.records("Lead")[0]["OwnerId"][:15] == expected[:15]


def test_an_owner_that_nobody_knows_is_a_matter_of_configuration(org: PartnerOrg) -> None:
    with pytest.raises(ConfigurationError, match="nobody@example"):
        org.write(create(1, OwnerId="nobody@example.org"))


def test_creating_again_makes_no_second_record(org: PartnerOrg) -> None:
    first = org.write(create(1))["D1"]
    second = org.write(create(1))["D1"]

    assert second.ok
    assert (second.record_id, second.created) == (first.record_id, False)
    assert len(org.records("Lead")) == 1


@pytest.mark.parametrize(
    "count",
    [450, 2_001],  # three collections; one bulk job
)
def test_many_rows_go_with_their_own_outcomes(org: PartnerOrg, count: int) -> None:
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


def test_a_bulk_update_changes_clears_and_leaves_alone(org: PartnerOrg) -> None:
    org.crm = SalesforceCrm(org.client, EXTERNAL, bulk_above=1)
    first = org.insert("Lead", LastName="A", Company="C", Title="old", City="Bonn")
    second = org.insert("Lead", LastName="B", Company="C", Title="old", City="Bonn")

    results = org.write(change(1, first, Title=None), change(2, second[:15], City="Köln"))

    assert all(one.ok for one in results.values())
    by_id = {record["Id"]: record for record in org.records("Lead")}
    assert (by_id[first].get("Title"), by_id[first]["City"]) == (None, "Bonn")
    assert (by_id[second]["Title"], by_id[second]["City"]) == ("old", "Köln")
    assert by_id[first].get(EXTERNAL) is None


def test_writes_to_one_record_take_turns(org: PartnerOrg) -> None:
    record = org.insert("Lead", LastName="A", Company="C")

    results = org.write(change(1, record, Title="one"), change(2, record, City="Bonn"))

    assert all(one.ok for one in results.values())
    (found,) = org.records("Lead")
    assert (found["Title"], found["City"]) == ("one", "Bonn")


def test_a_retry_goes_on_with_the_saved_job_though_nothing_was_uploaded_yet(org: PartnerOrg) -> None:
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
    org: PartnerOrg, operation: str, moment: str, jobs: int
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


def test_rows_that_a_failed_job_did_not_reach_may_go_again(org: PartnerOrg) -> None:
    org.crm = SalesforceCrm(org.client, EXTERNAL, bulk_above=1)
    org.fault("job_failed", "ingest.state", arguments={"after": 1})

    results = org.write(create(1), create(2), create(3))

    assert [results[key].ok for key in ("D1", "D2", "D3")] == [True, False, False]
    assert (results["D2"].code, results["D2"].retryable) == ("UNPROCESSED", True)


def test_a_slow_job_is_waited_for(org: PartnerOrg) -> None:
    org.crm = SalesforceCrm(org.client, EXTERNAL, bulk_above=1)
    org.fault("slow_job", "ingest.state", arguments={"polls": 4})

    assert all(one.ok for one in org.write(create(1), create(2)).values())


@pytest.mark.parametrize("bulk_above", [1, 2_000])
def test_a_locked_row_alone_is_retryable(org: PartnerOrg, bulk_above: int) -> None:
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


def test_a_lost_answer_to_a_collection_is_repeated_without_a_second_record(org: PartnerOrg) -> None:
    org.fault("hang_up", "collections.upsert", "after")

    assert org.write(create(1))["D1"].ok
    assert len(org.records("Lead")) == 1


@pytest.mark.parametrize("bulk_above", [1, 2_000])
def test_an_unknown_field_stops_instead_of_refusing_row_by_row(org: PartnerOrg, bulk_above: int) -> None:
    org.crm = SalesforceCrm(org.client, EXTERNAL, bulk_above=bulk_above)

    with pytest.raises(SchemaDrift):
        org.write(create(1, Gone__c="x"), create(2, Gone__c="x"))
