"""Faults while something is written, before and after the server committed."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.errors import (
    BudgetExhausted,
    ConfigurationError,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    VendorUnavailable,
)
from leadline.ports import RowResult
from tests.hooks.ledgers import NoJobs
from tests.hooks.saleslink.room import MOMENTS, Dealer, change, create, event

LOST = [
    ("hang_up", {}),
    ("status", {"status": 500}),
    ("status", {"status": 502}),
    ("empty", {}),
    ("page", {}),
    ("timeout", {"seconds": 0.01}),
]


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
