"""Answers that are not the API's own: what they mean, and that a push after them loses nothing."""

from __future__ import annotations

from contextlib import suppress

import pytest

from leadline.errors import RetryLater, VendorUnavailable
from tests.hooks.salesforce.crm.room import FIELDS, Ledger, PartnerOrg, create, keys, lead

PUSH = ["describe", "ingest.create", "ingest.upload", "ingest.state", "ingest.info", "ingest.results"]


@pytest.fixture
def bulk(org: PartnerOrg) -> PartnerOrg:
    org.crm._bulk_above = 1
    return org


@pytest.mark.parametrize("operation", PUSH)
@pytest.mark.parametrize("status", [200, 404, 503])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_web_page_in_place_of_an_answer_loses_and_doubles_nothing(
    bulk: PartnerOrg, operation: str, status: int, moment: str
) -> None:
    bulk.fault("page", operation, moment, arguments={"status": status}, times=4)
    jobs = Ledger()
    told = {}
    with suppress(VendorUnavailable):
        told = bulk.write(create(1), create(2), jobs=jobs)
    bulk.control.clear_faults()

    again = bulk.write(create(1), create(2), jobs=jobs)

    assert all(one.ok for one in told.values())
    assert all(one.ok for one in again.values())
    assert sorted(one["LastName"] for one in bulk.records("Lead")) == ["Last1", "Last2"]


@pytest.mark.parametrize("operation", ["ingest.upload", "ingest.state"])
def test_a_session_that_ends_after_the_work_was_done_stops_no_push(bulk: PartnerOrg, operation: str) -> None:
    bulk.fault("status", operation, "after", arguments={"status": 401})
    jobs = Ledger()
    with suppress(VendorUnavailable):
        bulk.write(create(1), create(2), jobs=jobs)

    again = bulk.write(create(1), create(2), jobs=jobs)

    assert all(one.ok for one in again.values())
    assert len(bulk.records("Lead")) == 2


def test_a_page_that_is_not_found_is_no_drift(org: PartnerOrg) -> None:
    org.fault("page", "describe", arguments={"status": 404}, times=9)

    with pytest.raises(VendorUnavailable):
        org.pull(lead(org.lead(5)), since=0, fields=FIELDS)


def test_a_page_that_lacks_a_record_is_no_word_that_there_is_none(org: PartnerOrg) -> None:
    known = org.lead(Email="p1@example.org")
    org.fault("fewer", "query", "after")

    with pytest.raises(VendorUnavailable):
        org.crm.find("Lead", [keys(1)])

    assert org.crm.find("Lead", [keys(1)])["D1"].record_id == known


def test_results_that_name_no_row_are_asked_for_again_before_any_is_sent_again(bulk: PartnerOrg) -> None:
    bulk.fault("fewer", "ingest.results", "after", arguments={"rows": 2})
    jobs = Ledger()

    with pytest.raises(VendorUnavailable):
        bulk.write(create(1), create(2), jobs=jobs)
    told = bulk.write(create(1), create(2), jobs=jobs)

    assert all(one.ok and one.created for one in told.values())
    assert bulk.asked().count("ingest.create") == 1


@pytest.mark.parametrize(("asked", "calls"), [(7, 4), (120, 1)])
def test_a_wish_to_wait_is_kept_and_a_long_one_is_left_to_the_next_try(
    org: PartnerOrg, asked: int, calls: int
) -> None:
    slept: list[float] = []
    org.client.sleep = slept.append
    org.fault("page", "describe", arguments={"retry_after": asked}, times=9)

    with pytest.raises(VendorUnavailable) as raised:
        org.client.describe("Lead")

    assert raised.value.retry_after_seconds == asked
    assert slept == [asked] * (calls - 1)
    assert org.calls("describe") == calls


@pytest.mark.parametrize("number", ["NaN", "inf", "1_000"])
def test_a_number_that_json_does_not_know_spoils_its_own_row_alone(org: PartnerOrg, number: str) -> None:
    told = org.write(create(1, AnnualRevenue=number), create(2, AnnualRevenue="1000"))

    assert (told["D1"].ok, told["D1"].retryable, told["D2"].ok) == (False, False, True)


@pytest.mark.parametrize("bulk_above", [2_000, 0])
@pytest.mark.parametrize(
    "values", [{"LastName": "Kowalski" * 20}, {"Email": "Kowalski without at"}], ids=["long", "address"]
)
def test_a_refusal_quotes_no_value_of_the_person(
    org: PartnerOrg, bulk_above: int, values: dict[str, str]
) -> None:
    org.crm._bulk_above = bulk_above

    told = org.write(create(1, **values))["D1"]

    assert not told.ok
    assert told.field in values
    assert "Kowalski" not in str(told)


@pytest.mark.parametrize(
    "code", ["STORAGE_LIMIT_EXCEEDED", "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"]
)
def test_what_is_wrong_with_the_whole_org_refuses_no_lead(org: PartnerOrg, code: str) -> None:
    org.fault("row_error", "collections.upsert", arguments={"rows": [1], "code": code})

    told = org.write(create(1), create(2))

    assert (told["D1"].retryable, told["D2"].ok) == (True, True)


def test_a_job_that_somebody_deletes_while_it_is_waited_for_is_no_drift(bulk: PartnerOrg) -> None:
    gone = {"status": 404, "code": "NOT_FOUND"}
    bulk.fault("status", "ingest.info", arguments=gone)
    jobs = Ledger()

    with pytest.raises(RetryLater, match="gone"):
        bulk.write(create(1), create(2), jobs=jobs)

    assert all(one.ok for one in bulk.write(create(1), create(2), jobs=jobs).values())
    assert len(bulk.records("Lead")) == 2
