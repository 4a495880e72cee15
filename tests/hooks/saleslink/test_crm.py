"""A dealer's Saleslink on a real server: what is written, what is read back, and when it is not believed."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hooks.saleslink.crm import SaleslinkCrm
from hooks.saleslink.hook import SaleslinkHook
from hooks.systems import partner_crm
from leadline.errors import (
    BudgetExhausted,
    ConfigurationError,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    SchemaDrift,
    ThresholdExceeded,
    VendorUnavailable,
)
from leadline.partners import CrmAccount
from leadline.ports import (
    ActivityWrite,
    CrmOpportunity,
    CrmRecord,
    CrmUser,
    KnownRecord,
    RecordKeys,
    RecordWrite,
    RowResult,
)
from sandbox.launch import RunningSandbox, running

TENANT = "k001"
OTHER_HOUR = datetime(2026, 3, 2, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=(), vendors=("saleslink",)) as sandbox:
        yield sandbox


class NoJobs:
    def job_for(self, keys: Any) -> str | None:
        return None

    def save(self, *arguments: Any) -> None:
        raise AssertionError("Saleslink has no bulk jobs")

    def finish(self, job_id: str) -> None:
        raise AssertionError("Saleslink has no bulk jobs")


class Dealer:
    """One tenant and our client for it; `slept` holds what the client would have waited."""

    def __init__(self, sandbox: RunningSandbox, name: str = TENANT, **extra: Any) -> None:
        self.control, self.name = sandbox.control, name
        self.slept: list[float] = []
        hook = SaleslinkHook(f"sl_{name}")
        self.client = hook.get_client()
        self.client.sleep = self.slept.append
        self.crm = SaleslinkCrm(self.client, ["Tier", "Machine"])

    def do(self, action: str, **values: Any) -> Any:
        return self.control.do("saleslink", self.name, action, **values)

    def leads(self, **query: Any) -> list[dict[str, Any]]:
        return list(self.do("rows", object="Lead", **query))

    def events(self) -> list[tuple[str, str]]:
        return [(one["LeadId"], one["ExternalId"]) for one in self.do("rows", object="Event")]

    def calls(self, operation: str) -> int:
        return len(self.control.journal("saleslink", operation=operation, org=self.name))

    def fault(self, kind: str, operation: str, moment: str = "before", **order: Any) -> None:
        match = {"org": self.name}
        self.control.fault("saleslink", kind, operation=operation, moment=moment, match=match, **order)

    def write(self, *writes: RecordWrite) -> dict[str, RowResult]:
        return {one.key: one for one in self.crm.write(writes, NoJobs())}

    def known(self, *numbers: int) -> list[KnownRecord]:
        by_external = {one["ExternalId"]: one for one in self.leads(deleted=True)}
        return [
            KnownRecord(by_external[f"A{n}"]["LeadId"], "Lead", f"A{n}", f"p{n}@example.org") for n in numbers
        ]

    def pull(self, known: list[KnownRecord], since: datetime | None = None, *fields: str) -> list[CrmRecord]:
        return list(self.crm.pull_records(known, fields, since))


@pytest.fixture
def make_dealer(started: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    started.control.reset()
    dealers = []

    def make(name: str = TENANT, *, login: str | None = None, password: str | None = None, **extra: Any):
        address = started.tenant("saleslink", name)
        connection = {
            "conn_type": "saleslink",
            "login": login or address["username"],
            "password": password or address["password"],
            "extra": {
                "wsdl_url": f"{address['tls_url']}{address['path']}?wsdl",
                "ca_bundle": started.ca_bundle,
                "timeout": 5,
            }
            | extra,
        }
        monkeypatch.setenv(f"AIRFLOW_CONN_SL_{name.upper()}", json.dumps(connection))
        dealer = Dealer(started, name)
        dealers.append(dealer)
        return dealer

    yield make
    for dealer in dealers:
        dealer.client.close()


@pytest.fixture
def dealer(make_dealer: Any) -> Dealer:
    return make_dealer()


def create(number: int, **fields: str | None) -> RecordWrite:
    values = {"LastName": f"Last{number}", "Company": "Example", "Email": f"p{number}@example.org"}
    return RecordWrite(f"D{number}", "create", "Lead", f"A{number}", None, values | fields)


def change(number: int, record_id: str | None, **fields: str | None) -> RecordWrite:
    return RecordWrite(f"D{number}", "update", "Lead", f"A{number}", record_id, fields)


def event(number: int, record_id: str, **values: Any) -> ActivityWrite:
    at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    return ActivityWrite(
        f"E{number}", record_id, **{"subject": "Acme: click", "body": "x", "occurred_at": at} | values
    )


# --- writing -----------------------------------------------------------------


def test_a_new_lead_carries_standard_fields_own_fields_and_its_owner(dealer: Dealer) -> None:
    result = dealer.write(
        create(1, Tier="Gold", Phone="+49 89 1", OwnerUserId="kim.larsen@k001.example", Notes=None)
    )["D1"]

    (lead,) = dealer.leads()
    assert (result.ok, result.created, result.record_id) == (True, True, lead["LeadId"])
    assert (lead["ExternalId"], lead["LastName"], lead["Tier"]) == ("A1", "Last1", "Gold")
    assert (lead["OwnerUserId"], lead["Phone"], lead["Notes"]) == ("U-1", "+49 89 1", None)


def test_the_same_create_again_finds_the_lead_and_changes_nothing(dealer: Dealer) -> None:
    first = dealer.write(create(1))["D1"]
    dealer.do("update", object="Lead", id=first.record_id, values={"Phone": "1"})

    again = dealer.write(create(1, Phone="2"))["D1"]

    assert (again.ok, again.created, again.record_id) == (True, False, first.record_id)
    assert [one["Phone"] for one in dealer.leads()] == ["1"]


def test_a_create_does_not_bring_back_what_the_partner_deleted(dealer: Dealer) -> None:
    first = dealer.write(create(1))["D1"]
    dealer.do("delete", object="Lead", id=first.record_id)

    again = dealer.write(create(1))["D1"]

    assert (again.ok, again.created, again.record_id) == (True, False, first.record_id)
    assert dealer.leads() == []


def test_two_people_of_one_address_are_two_leads(dealer: Dealer) -> None:
    dealer.write(create(1), create(2, Email="p1@example.org"))

    assert len(dealer.leads()) == 2


def test_an_update_changes_and_clears_only_what_it_names(dealer: Dealer) -> None:
    made = dealer.write(create(1, Tier="Gold", Phone="1"))["D1"]

    result = dealer.write(change(1, made.record_id, Phone=None, Machine="Excavator"))["D1"]

    (lead,) = dealer.leads()
    assert (result.ok, result.created, result.record_id) == (True, False, made.record_id)
    assert (lead["Phone"], lead["Machine"], lead["Tier"], lead["LastName"]) == (
        None,
        "Excavator",
        "Gold",
        "Last1",
    )


@pytest.mark.parametrize("hard", [False, True], ids=["deleted", "gone for good"])
def test_an_update_of_a_lead_that_is_gone_is_refused_as_stale(dealer: Dealer, hard: bool) -> None:
    made = dealer.write(create(1))["D1"]
    dealer.do("delete", object="Lead", id=made.record_id, hard=hard)

    result = dealer.write(change(1, made.record_id, Phone="1"))["D1"]

    assert (result.ok, result.stale, result.retryable, result.code) == (False, True, False, "NOT_FOUND")


def test_a_refused_row_names_code_and_field_and_the_others_go_on(dealer: Dealer) -> None:
    results = dealer.write(create(1, LastName="x" * 81), create(2), create(3, Phone="1" * 41))

    assert [(one.ok, one.code, one.field, one.retryable) for one in results.values()] == [
        (False, "VALIDATION", "LastName", False),
        (True, None, None, False),
        (False, "VALIDATION", "Phone", False),
    ]
    assert [one["ExternalId"] for one in dealer.leads()] == ["A2"]


def test_a_duplicate_names_the_lead_that_is_there(dealer: Dealer) -> None:
    (there,) = dealer.do("insert", object="Lead", rows=[{"LastName": "X", "Email": "P1@example.org"}])
    dealer.do("configure", duplicates_by_email=True)

    result = dealer.write(create(1))["D1"]

    assert (result.ok, result.code, result.record_id, result.object) == (False, "DUPLICATE", there, "Lead")


def test_characters_that_xml_cannot_carry_are_left_out(dealer: Dealer) -> None:
    dealer.write(create(1, Company="A\x00B\x0bC\ufffe & <D>", Notes="one\r\ntwo\tthree 🚜"))

    (lead,) = dealer.leads()
    assert (lead["Company"], lead["Notes"]) == ("ABC & <D>", "one\r\ntwo\tthree 🚜")


def test_an_owner_whom_nobody_knows_must_be_corrected_first(dealer: Dealer) -> None:
    with pytest.raises(ConfigurationError, match=r"no active user 'sam\.former@k001\.example'"):
        dealer.write(create(1, OwnerUserId="sam.former@k001.example"))

    assert dealer.leads() == []


def test_leads_are_found_by_stored_id_and_by_external_id(dealer: Dealer) -> None:
    first, second, third = (dealer.write(create(n))[f"D{n}"].record_id for n in (1, 2, 3))
    dealer.do("delete", object="Lead", id=third)
    keys = [
        RecordKeys("D1", first, "A1", "p1@example.org"),
        RecordKeys("D2", None, "A2", "p2@example.org"),
        RecordKeys("D3", None, "A3", "p3@example.org"),
        RecordKeys("D4", None, "A4", "p1@example.org"),
    ]

    found = dealer.crm.find("Lead", keys)

    assert {key: (one.record_id, one.by) for key, one in found.items()} == {
        "D1": (first, "record_id"),
        "D2": (second, "external_id"),
    }


def test_more_leads_than_fit_into_one_call_are_asked_for_in_several(dealer: Dealer) -> None:
    rows = [{"LastName": "X", "ExternalId": f"A{n}"} for n in range(450)]
    dealer.do("insert", object="Lead", rows=rows)

    found = dealer.crm.find("Lead", [RecordKeys(f"D{n}", None, f"A{n}", "") for n in range(450)])

    assert (len(found), dealer.calls("GetLeads")) == (450, 3)


def test_events_are_added_once_whatever_is_sent_again(dealer: Dealer) -> None:
    lead = str(dealer.write(create(1))["D1"].record_id)

    for _ in range(2):
        results = list(
            dealer.crm.add_activities([event(1, lead), event(2, lead, body=None, occurred_at=None)])
        )
        assert [(one.key, one.ok) for one in results] == [("E1", True), ("E2", True)]

    assert dealer.events() == [(lead, "E1"), (lead, "E2")]
    assert dealer.calls("AddMarketingEvents") == 2


def test_events_on_a_lead_that_is_gone_are_refused_and_the_others_go_on(dealer: Dealer) -> None:
    lead = str(dealer.write(create(1))["D1"].record_id)

    results = {one.key: one for one in dealer.crm.add_activities([event(1, "L-9"), event(2, lead)])}

    assert (results["E1"].ok, results["E1"].code, results["E2"].ok) == (False, "NOT_FOUND", True)
    assert dealer.events() == [(lead, "E2")]


def test_many_long_events_are_split_over_calls_that_the_service_takes(dealer: Dealer) -> None:
    lead = str(dealer.write(create(1))["D1"].record_id)
    events = [event(n, lead, body="ä" * 70_000) for n in range(30)]

    results = list(dealer.crm.add_activities(events))

    assert [one.ok for one in results] == [True] * 30
    assert len(dealer.events()) == 30


# --- faults, before and after the server committed ---------------------------

LOST = [
    ("hang_up", {}),
    ("status", {"status": 500}),
    ("status", {"status": 502}),
    ("empty", {}),
    ("page", {}),
    ("timeout", {"seconds": 0.01}),
]
MOMENTS = ["before", "after"]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("kind", "arguments"), LOST, ids=[f"{k}-{a.get('status', '')}" for k, a in LOST])
def test_a_lost_answer_is_asked_for_once_more_and_nothing_doubles(
    dealer: Dealer, kind: str, arguments: dict[str, Any], moment: str
) -> None:
    dealer.fault(kind, "CreateLead", moment, arguments=arguments, skip=1)

    results = dealer.write(create(1), create(2), create(3))

    assert [one.ok for one in results.values()] == [True, True, True]
    assert [one["ExternalId"] for one in dealer.leads()] == ["A1", "A2", "A3"]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("kind", "arguments"), LOST, ids=[f"{k}-{a.get('status', '')}" for k, a in LOST])
def test_a_service_that_stays_silent_ends_the_call_and_a_later_one_finishes_it(
    dealer: Dealer, kind: str, arguments: dict[str, Any], moment: str
) -> None:
    dealer.fault(kind, "CreateLead", moment, arguments=arguments, skip=1, times=2)
    known: dict[str, RowResult] = {}

    results = dealer.crm.write([create(1), create(2), create(3)], NoJobs())
    with pytest.raises(VendorUnavailable, match="lead service"):
        known.update((one.key, one) for one in results)

    assert list(known) == ["D1"]
    later = dealer.write(create(2), create(3))
    assert [one.ok for one in later.values()] == [True, True]
    assert [one["ExternalId"] for one in dealer.leads()] == ["A1", "A2", "A3"]


def test_an_answer_that_breaks_off_is_asked_for_once_more(dealer: Dealer) -> None:
    dealer.fault("truncate", "CreateLead", "after", arguments={"bytes": 150})

    assert dealer.write(create(1))["D1"].ok
    assert len(dealer.leads()) == 1


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        ("AUTH", CredentialsRefused, "correct login and password"),
        ("VERSION", NotAllowed, "3.5 or newer"),
        ("MAINTENANCE", VendorUnavailable, "maintenance: try later"),
        ("THROTTLED", BudgetExhausted, "calls_per_minute"),
    ],
)
def test_a_refusal_of_everything_ends_the_call_and_says_what_to_do(
    dealer: Dealer, code: str, error: type[LeadlineError], message: str, moment: str
) -> None:
    dealer.fault("fault", "*", moment, arguments={"code": code, "retry_after": 7}, times=None)

    with pytest.raises(error, match=message) as caught:
        dealer.write(create(1), create(2))

    if error in (VendorUnavailable, BudgetExhausted):
        assert caught.value.retry_after_seconds == 7
    dealer.control.clear_faults()
    assert all(one.ok for one in dealer.write(create(1), create(2)).values())
    assert len(dealer.leads()) == 2


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_used_up_budget_is_waited_for_as_long_as_the_service_says(dealer: Dealer, moment: str) -> None:
    dealer.fault("fault", "CreateLead", moment, arguments={"code": "THROTTLED", "retry_after": 11})

    assert dealer.write(create(1))["D1"].ok
    assert dealer.slept == [11]
    assert len(dealer.leads()) == 1


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_lead_on_which_the_service_fails_is_tried_again_alone(dealer: Dealer, moment: str) -> None:
    dealer.fault("fault", "CreateLead", moment, arguments={"code": "INTERNAL"}, skip=1)

    results = dealer.write(create(1), create(2), create(3))

    assert [(one.ok, one.retryable) for one in results.values()] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert dealer.write(create(2))["D2"].ok
    assert len(dealer.leads()) == 3


def test_a_service_that_fails_on_every_lead_ends_the_call(dealer: Dealer) -> None:
    dealer.fault("fault", "CreateLead", arguments={"code": "INTERNAL"}, times=None)

    with pytest.raises(VendorUnavailable, match="every lead: INTERNAL"):
        dealer.write(*(create(n) for n in range(9)))

    assert dealer.calls("CreateLead") == 3


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("kind", ["hang_up", "empty", "status"])
@pytest.mark.parametrize("operation", ["UpdateLead", "AddMarketingEvents"])
def test_updates_and_events_bear_a_lost_answer(
    dealer: Dealer, operation: str, kind: str, moment: str
) -> None:
    lead = str(dealer.write(create(1))["D1"].record_id)
    dealer.fault(kind, operation, moment)

    assert dealer.write(change(1, lead, Phone="7"))["D1"].ok
    assert [one.ok for one in dealer.crm.add_activities([event(1, lead)])] == [True]

    assert [one["Phone"] for one in dealer.leads()] == ["7"]
    assert dealer.events() == [(lead, "E1")]


def test_an_unknown_code_is_judged_by_what_it_says_of_itself(dealer: Dealer) -> None:
    dealer.fault("fault", "CreateLead", arguments={"code": "LOCKED", "retryable": True})
    assert dealer.write(create(1))["D1"].retryable

    dealer.fault("fault", "CreateLead", arguments={"code": "ODD", "retryable": False})
    result = dealer.write(create(2))["D2"]
    assert (result.code, result.retryable) == ("ODD", False)


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (302, ConfigurationError, "new address into 'endpoint'"),
        (401, CredentialsRefused, "login and password"),
        (403, CredentialsRefused, "let this login"),
        (404, ConfigurationError, "wsdl_url"),
        (413, NotAllowed, "too large"),
        (429, BudgetExhausted, "calls_per_minute"),
        (503, VendorUnavailable, "HTTP 503 without SOAP"),
    ],
)
def test_an_answer_without_soap_is_judged_by_its_status(
    dealer: Dealer, status: int, error: type[LeadlineError], message: str
) -> None:
    arguments = {"status": status} | ({"location": "https://elsewhere.example/"} if status == 302 else {})
    dealer.fault("status", "*", arguments=arguments, times=None)

    with pytest.raises(error, match=message):
        dealer.write(create(1))


# --- reading back -------------------------------------------------------------


@pytest.mark.capability("W10", "crm:saleslink", "GetLeads")
def test_state_lead_is_pending_any_opportunity_is_accepted_and_deleted_is_rejected(dealer: Dealer) -> None:
    dealer.write(*(create(n) for n in range(1, 5)))
    known = dealer.known(1, 2, 3, 4)
    opportunity = dealer.do("open_opportunity", LeadId=known[1].record_id, Status="Quote")
    dealer.do("win", id=opportunity)
    dealer.do("delete", object="Lead", id=known[2].record_id, reason="Wrong dealer")
    dealer.do("delete", object="Lead", id=known[3].record_id)

    found = {one.record_id: one for one in dealer.pull(known)}

    told = [found[one.record_id] for one in known]
    assert [(one.distribution, one.status, one.reason, one.deleted) for one in told] == [
        ("pending", None, None, False),
        ("accepted", "Won", None, False),
        ("rejected", None, "Wrong dealer", True),
        ("rejected", None, "Deleted in Saleslink", True),
    ]


@pytest.mark.parametrize("hard", [False, True], ids=["tombstone", "gone for good"])
def test_an_opportunity_wins_over_the_deletion_of_its_lead(dealer: Dealer, hard: bool) -> None:
    dealer.write(create(1))
    known = dealer.known(1)
    opportunity = dealer.do("open_opportunity", LeadId=known[0].record_id, Status="Quote")
    dealer.do("delete", object="Lead", id=known[0].record_id, hard=hard)

    (record,) = dealer.pull(known)

    assert (record.distribution, record.status, record.deleted, record.missing) == (
        "accepted",
        "Quote",
        False,
        False,
    )
    assert record.opportunity_id == opportunity


def test_a_lead_that_is_not_to_be_found_is_missing_and_not_rejected(dealer: Dealer) -> None:
    dealer.write(create(1), create(2))
    known = dealer.known(1, 2)
    dealer.do("delete", object="Lead", id=known[0].record_id, hard=True)

    found = {one.record_id: one for one in dealer.pull(known, datetime.now(UTC) + timedelta(days=1))}

    record = found[known[0].record_id]
    assert (record.missing, record.deleted, record.distribution) == (True, False, None)
    assert known[1].record_id not in found


def test_a_restored_lead_is_pending_again(dealer: Dealer) -> None:
    dealer.write(create(1))
    known = dealer.known(1)
    dealer.do("delete", object="Lead", id=known[0].record_id)
    assert dealer.pull(known)[0].distribution == "rejected"

    dealer.do("restore", id=known[0].record_id)

    assert dealer.pull(known)[0].distribution == "pending"


def test_only_what_changed_since_is_told_with_stamp_owner_and_fields(dealer: Dealer) -> None:
    dealer.control.clock(set="2026-03-02T06:00:00+00:00", hold=True)
    dealer.write(create(1, Tier="Gold"), create(2))
    known = dealer.known(1, 2)
    dealer.control.clock(set=OTHER_HOUR.isoformat(), hold=True)
    dealer.do("update", object="Lead", id=known[0].record_id, values={"Tier": "Silver", "Phone": "1"})
    dealer.do("assign", id=known[0].record_id, user="U-2")

    (record,) = dealer.pull(known, OTHER_HOUR, "Tier", "Phone", "Nothing")

    assert (record.record_id, record.stamp) == (known[0].record_id, "2026-03-02T07:00:00.000000Z")
    assert record.owner == CrmUser("U-2", "Robin Vance", "robin.vance@k001.example")
    assert record.values == {"Tier": "Silver", "Phone": "1"}
    assert len(dealer.pull(known, None)) == 2


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("all_deleted", ThresholdExceeded, "6 of 6 leads are gone"),
        ("all_missing", ThresholdExceeded, "6 of 6 leads are gone"),
        ("no_items", VendorUnavailable, "left out 6 of 6"),
    ],
)
def test_an_outage_is_never_read_as_everything_deleted(
    dealer: Dealer, kind: str, error: type[LeadlineError], message: str
) -> None:
    dealer.write(*(create(n) for n in range(6)))
    known = dealer.known(*range(6))
    dealer.fault(kind, "Get*", times=None)

    with pytest.raises(error, match=message):
        dealer.pull(known)
    with pytest.raises(error, match=message):
        dealer.crm.find("Lead", [RecordKeys(one.external_id, one.record_id, "", "") for one in known])

    dealer.control.clear_faults()
    assert [one.distribution for one in dealer.pull(known)] == ["pending"] * 6


def test_nothing_is_read_as_gone_while_the_service_itself_is_not_there(dealer: Dealer) -> None:
    dealer.write(create(1))
    known = dealer.known(1)
    dealer.fault("fault", "GetServiceInfo", arguments={"code": "MAINTENANCE"}, times=None)
    dealer.fault("all_missing", "GetLeads", times=None)

    with pytest.raises(VendorUnavailable):
        dealer.pull(known)


def test_deletions_that_were_seen_before_do_not_count_as_an_outage(dealer: Dealer) -> None:
    dealer.write(*(create(n) for n in range(6)))
    known = dealer.known(*range(6))
    for one in known[:4]:
        dealer.do("delete", object="Lead", id=one.record_id)
    stamps = {one["LeadId"]: one["ModifiedUtc"] for one in dealer.leads(deleted=True)}
    seen = [KnownRecord(o.record_id, o.object, o.external_id, o.email, stamps[o.record_id]) for o in known]

    assert [one.distribution for one in dealer.pull(seen)] == ["rejected"] * 4 + ["pending"] * 2


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("operation", ["GetServiceInfo", "GetLeads", "GetUsers"])
@pytest.mark.parametrize("kind", ["hang_up", "empty", "page"])
def test_a_read_bears_a_lost_answer_and_fails_whole_when_it_stays_lost(
    dealer: Dealer, kind: str, operation: str, moment: str
) -> None:
    dealer.write(create(1, OwnerUserId="U-1"))
    known = dealer.known(1)
    fresh = SaleslinkCrm(dealer.client)
    dealer.fault(kind, operation, moment)
    assert len(list(fresh.pull_records(known, (), None))) == 1

    fresh = SaleslinkCrm(dealer.client)
    dealer.fault(kind, operation, moment, times=2)
    with pytest.raises(VendorUnavailable):
        list(fresh.pull_records(known, (), None))


@pytest.mark.capability(("P2", "W10"), "crm:saleslink", "GetOpportunities")
def test_opportunities_come_by_origin_and_by_their_contacts_address(dealer: Dealer) -> None:
    dealer.write(create(1), create(2))
    known = dealer.known(1, 2)
    (own,) = dealer.do("insert", object="Lead", rows=[{"LastName": "Own", "Email": "P2@Example.org"}])
    from_ours = dealer.do(
        "open_opportunity",
        LeadId=known[0].record_id,
        Name="Crane",
        Amount="120000.50",
        Currency="EUR",
        CloseDate="2026-05-01",
        ProbabilityPercent=30,
    )
    by_address = dealer.do("open_opportunity", LeadId=own)
    dealer.do("lose", id=by_address)

    first = list(dealer.crm.pull_opportunities(known, "originating", None))
    both = list(dealer.crm.pull_opportunities(known, "contact_match", None))

    assert first == [
        CrmOpportunity(
            from_ours,
            known[0].record_id,
            "originating",
            name="Crane",
            stage="Qualify",
            probability=30.0,
            amount="120000.50",
            currency="EUR",
            close_date="2026-05-01",
            stamp=first[0].stamp,
        )
    ]
    assert [(one.record_id, one.origin, one.by) for one in both] == [
        (from_ours, known[0].record_id, "originating"),
        (by_address, known[1].record_id, "contact_match"),
    ]
    assert (both[1].is_closed, both[1].is_won, both[1].probability) == (True, False, 0.0)


def test_opportunities_of_many_pages_are_all_told_once(dealer: Dealer) -> None:
    dealer.write(create(1))
    known = dealer.known(1)
    (own,) = dealer.do("insert", object="Lead", rows=[{"LastName": "Own", "Email": "p1@example.org"}])
    for _ in range(5):
        dealer.do("open_opportunity", LeadId=own)
    dealer.fault("short_pages", "GetOpportunities", arguments={"rows": 2}, times=None)

    found = [one.record_id for one in dealer.crm.pull_opportunities(known, "contact_match", None)]

    assert (len(found), len(set(found))) == (5, 5)


def test_opportunities_that_did_not_change_since_are_left_out(dealer: Dealer) -> None:
    dealer.control.clock(set="2026-03-02T06:00:00+00:00", hold=True)
    dealer.write(create(1))
    known = dealer.known(1)
    dealer.do("open_opportunity", LeadId=known[0].record_id)
    dealer.control.clock(set=OTHER_HOUR.isoformat(), hold=True)
    newer = dealer.do("open_opportunity", LeadId=known[0].record_id)

    for policy in ("originating", "contact_match"):
        assert [one.record_id for one in dealer.crm.pull_opportunities(known, policy, OTHER_HOUR)] == [newer]


def test_a_crm_without_lists_or_activities_tells_none(dealer: Dealer) -> None:
    assert list(dealer.crm.lists()) == []
    assert list(dealer.crm.pull_activities([], None)) == []


# --- connection, limits, privacy ------------------------------------------------


@pytest.mark.capability("P4", "crm:saleslink", "GetServiceInfo")
def test_a_sound_connection_has_no_findings(dealer: Dealer) -> None:
    assert list(dealer.crm.check()) == []


def test_a_version_before_3_5_is_refused(dealer: Dealer) -> None:
    dealer.do("configure", product_version="3.4.9")

    (finding,) = dealer.crm.check()

    assert (finding.code, "needs 3.5 or newer" in finding.message) == ("version", True)
    dealer.do("configure", product_version="3.10")
    assert list(dealer.crm.check()) == []


def test_a_wrong_password_is_a_finding_about_credentials(make_dealer: Any) -> None:
    dealer = make_dealer(password="wrong")

    (finding,) = dealer.crm.check()

    assert finding.code == "credentials"
    assert dealer.calls("*") == 1


def test_calls_are_paced_to_the_budget_of_a_minute(make_dealer: Any) -> None:
    dealer = make_dealer(calls_per_minute=2)
    now = [0.0]
    dealer.client.clock = lambda: now[0]
    dealer.client.sleep = lambda seconds: (dealer.slept.append(seconds), now.__setitem__(0, now[0] + seconds))

    dealer.write(create(1), create(2), create(3))

    assert dealer.slept == [60.0]


def test_the_addresses_that_a_served_description_names_are_never_called(dealer: Dealer) -> None:
    dealer.do("configure", advertised="http://10.0.0.1/internal.asmx")

    assert dealer.write(create(1))["D1"].ok
    assert dealer.calls("wsdl") == 0


def test_without_the_servers_ca_nothing_is_sent(make_dealer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    dealer = make_dealer(ca_bundle=None)

    with pytest.raises(NotAllowed, match="put its CA into 'ca_bundle'"):
        dealer.write(create(1))

    assert dealer.calls("*") == 0


def test_a_description_that_does_not_fit_is_drift(dealer: Dealer, monkeypatch: pytest.MonkeyPatch) -> None:
    dealer.write(create(1))
    known = dealer.known(1)
    dealer.do("update", object="Lead", id=known[0].record_id, values={})
    dealer.control.clock(set="2026-03-02T06:00:00+00:00")
    monkeypatch.setattr("hooks.saleslink.client.NAMESPACE", "urn:another")

    fresh = SaleslinkHook("sl_k001").get_client()
    try:
        with pytest.raises(SchemaDrift, match="does not fit the contract"):
            fresh.call("GetServiceInfo")
    finally:
        fresh.close()


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"wsdl_url": "http://dealer.example/x.asmx?wsdl"}, "only https://"),
        ({"wsdl_url": "https://me:secret@dealer.example/x.asmx"}, "own fields, not the URL"),
        ({"timeout": "soon"}, "'timeout' must be a number"),
    ],
)
def test_a_connection_that_cannot_work_says_what_to_change(
    make_dealer: Any, extra: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        make_dealer(**extra)

    assert "secret" not in str(caught.value)


def test_an_endpoint_of_its_own_beats_the_wsdl_url(make_dealer: Any, started: RunningSandbox) -> None:
    address = started.tenant("saleslink", TENANT)
    endpoint = f"{address['tls_url']}{address['path']}"

    dealer = make_dealer(wsdl_url="https://dealer.example/x.asmx?wsdl", endpoint=endpoint)

    assert dealer.write(create(1))["D1"].ok
    ok, said = SaleslinkHook("sl_k001").test_connection()
    assert (ok, said) == (True, "Saleslink 3.5")


def test_neither_password_nor_people_reach_the_log(dealer: Dealer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    dealer.fault("hang_up", "CreateLead")
    dealer.fault("fault", "UpdateLead", arguments={"code": "THROTTLED"})

    made = dealer.write(create(1, Phone="+49 89 1234567"))["D1"]
    dealer.write(change(1, made.record_id, Phone="+49 89 7654321"))

    for secret in ("saleslink-password", "p1@example.org", "1234567", "7654321", "Last1"):
        assert secret not in caplog.text


def test_an_account_opens_through_the_table_of_systems(
    make_dealer: Any, make_mapping: Any, started: RunningSandbox
) -> None:
    make_dealer()
    mapping = make_mapping(crm={"saleslink": {"lead": {"company": "Tier"}}})

    with partner_crm(CrmAccount(id="a", type="saleslink", connection="sl_k001"), mapping) as crm:
        names = {one.name for one in crm.describe(["Lead"])["Lead"]}

    assert {"ExternalId", "LastName", "Tier"} <= names
