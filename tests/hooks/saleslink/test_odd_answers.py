"""Answers that our contract does not know: half ones, pages, faults under other statuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from leadline.errors import (
    BudgetExhausted,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    VendorUnavailable,
)
from leadline.ports import KnownRecord, RecordKeys
from tests.hooks.saleslink.room import Dealer, change, create, event

NAMESPACE = "urn:saleslink:zift:lead:1"
XML = "text/xml; charset=utf-8"
Alter = Callable[..., None]


@pytest.fixture
def alter(dealer: Dealer, monkeypatch: pytest.MonkeyPatch) -> Alter:
    """Give another answer to the next calls of an operation; its work is done all the same."""
    session = dealer.client._transport.session
    plain = session.send

    def order(
        operation: str, text: str, status: int = 200, *, kind: str = XML, times: int = 1, **headers: str
    ) -> None:
        left = [1] * times

        def send(request: requests.PreparedRequest, **options: Any) -> requests.Response:
            answer = plain(request, **options)
            if left and operation in str(request.headers.get("SOAPAction")):
                left.pop()
                answer.close()
                answer._content, answer._content_consumed = text.encode(), True
                answer.status_code = status
                answer.headers.update({"Content-Type": kind, **headers})
            return answer

        monkeypatch.setattr(session, "send", send)

    return order


def envelope(body: str) -> str:
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    return f'<s:Envelope xmlns:s="{soap}" xmlns="{NAMESPACE}"><s:Body>{body}</s:Body></s:Envelope>'


def fault(code: str, message: str = "no", more: str = "") -> str:
    told = f"<Code>{code}</Code><Message>{message}</Message>{more}"
    return envelope(
        '<s:Fault><faultcode xmlns="">s:Server</faultcode><faultstring xmlns="">no</faultstring>'
        f'<detail xmlns=""><ServiceFault xmlns="{NAMESPACE}">{told}</ServiceFault></detail></s:Fault>'
    )


CALLS: dict[str, Callable[[Dealer, str], object]] = {
    "CreateLead": lambda dealer, lead: dealer.write(create(1)),
    "UpdateLead": lambda dealer, lead: dealer.write(change(9, lead, Phone="7")),
    "AddMarketingEvents": lambda dealer, lead: list(dealer.crm.add_activities([event(1, lead)])),
    "GetLeads": lambda dealer, lead: dealer.crm.find("Lead", [RecordKeys("D9", lead, "A9", "")]),
    "GetOpportunities": lambda dealer, lead: list(
        dealer.crm.pull_opportunities([KnownRecord(lead, "Lead", "A9", "")], "originating", None)
    ),
    "GetUsers": lambda dealer, lead: [one.UserId for one in dealer.crm._users.all()],
    "GetServiceInfo": lambda dealer, lead: dealer.client.service_info(),
}
NO_ANSWER = {
    "an empty body": (envelope(""), XML),
    "an empty answer": (envelope("<{operation}Response/>"), XML),
    "another answer": (envelope("<PingResponse/>"), XML),
    "a page as XML": ("<html><body>Sign in</body></html>", "application/xhtml+xml"),
    "a page with a DOCTYPE": ("<!DOCTYPE html><html><body>Sign in</body></html>", XML),
    "SOAP 1.2": ('<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body/></e:Envelope>', XML),
    "half an answer": ("<s:Envelope xmlns:s", XML),
}


@pytest.mark.parametrize("case", list(NO_ANSWER))
@pytest.mark.parametrize("operation", list(CALLS))
def test_what_is_no_answer_to_the_call_is_asked_for_again_and_never_believed(
    dealer: Dealer, alter: Alter, operation: str, case: str
) -> None:
    lead = str(dealer.write(create(9))["D9"].record_id)
    text, kind = NO_ANSWER[case]
    expected = CALLS[operation](dealer, lead)
    text = text.replace("{operation}", operation)
    alter(operation, text, kind=kind)

    once = CALLS[operation](dealer, lead)
    alter(operation, text, kind=kind, times=2)
    with pytest.raises(VendorUnavailable, match=r"lead service|leaves out"):
        CALLS[operation](dealer, lead)
    again = CALLS[operation](dealer, lead)

    if operation != "CreateLead":
        assert once == again == expected
    assert len(dealer.leads()) == 1 + (operation == "CreateLead")
    assert len(dealer.events()) == (operation == "AddMarketingEvents")


def test_a_lead_without_an_id_in_the_answer_is_made_once_and_gets_its_id(
    dealer: Dealer, alter: Alter
) -> None:
    alter("CreateLead", envelope("<CreateLeadResponse><LeadId/><Created>true</Created></CreateLeadResponse>"))

    result = dealer.write(create(1))["D1"]

    assert [one["LeadId"] for one in dealer.leads()] == [result.record_id]


@pytest.mark.parametrize(
    ("status", "text", "error", "code"),
    [
        (503, fault("MAINTENANCE"), VendorUnavailable, "MAINTENANCE"),
        (400, fault("VERSION"), NotAllowed, "VERSION"),
        (401, fault("auth"), CredentialsRefused, "AUTH"),
        (
            200,
            fault("THROTTLED", more="<RetryAfterSeconds>300</RetryAfterSeconds>"),
            BudgetExhausted,
            "THROTTLED",
        ),
        (204, "", VendorUnavailable, "HTTP 204"),
        (403, "", CredentialsRefused, "HTTP 403"),
        (
            500,
            envelope(
                '<s:Fault><faultcode xmlns="" xmlns:w="urn:wsse">w:FailedAuthentication</faultcode>'
                '<faultstring xmlns="">no</faultstring></s:Fault>'
            ),
            CredentialsRefused,
            "AUTH",
        ),
    ],
)
def test_a_refusal_counts_whatever_status_it_comes_under(
    dealer: Dealer, alter: Alter, status: int, text: str, error: type[LeadlineError], code: str
) -> None:
    alter("CreateLead", text, status, times=9)

    with pytest.raises(error) as caught:
        dealer.write(create(1), create(2))

    assert caught.value.vendor_code == code


def test_a_row_refused_under_another_status_is_refused_alone(dealer: Dealer, alter: Alter) -> None:
    alter("CreateLead", fault("Validation", "no", "<Field>Email</Field>"), 400)

    results = dealer.write(create(1), create(2))

    assert (results["D1"].code, results["D1"].field) == ("VALIDATION", "Email")
    assert results["D2"].ok


def test_a_refused_row_tells_none_of_its_values(dealer: Dealer, alter: Alter) -> None:
    text = fault("VALIDATION", "Mustermann of Muster GmbH, max@example.org, +49 151 2345: not 'Tier' Gold")
    alter("CreateLead", text, 500)
    write = create(
        1,
        LastName="Mustermann",
        Company="Muster GmbH",
        Email="max@example.org",
        Phone="+49 151 2345",
        Tier="Gold",
    )

    message = str(dealer.write(write)["D1"].message)

    assert "correct the value" in message
    for value in ("Mustermann", "Muster GmbH", "max@example.org", "2345", "Gold"):
        assert value not in message


def test_a_row_that_does_not_fit_the_contract_is_refused_alone_with_its_field(dealer: Dealer) -> None:
    lead = str(dealer.write(create(2))["D2"].record_id)

    results = dealer.write(change(1, None, Phone="7"), change(2, lead, Phone="8"))

    assert (results["D1"].ok, results["D1"].code, results["D1"].field) == (False, "VALIDATION", "LeadId")
    assert results["D2"].ok


@pytest.mark.parametrize("wish", ["40", "date"])
def test_a_wish_to_wait_is_granted_in_each_of_its_forms(dealer: Dealer, alter: Alter, wish: str) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=41), usegmt=True)
    alter("CreateLead", "<html/>", 429, kind="text/html", **{"Retry-After": at if wish == "date" else wish})

    assert dealer.write(create(1))["D1"].ok

    assert [30 < one <= 41 for one in dealer.slept] == [True]


def test_a_wish_to_wait_for_long_is_passed_on_and_nothing_is_asked_before(
    dealer: Dealer, alter: Alter
) -> None:
    alter("CreateLead", "<html/>", 429, kind="text/html", times=9, **{"Retry-After": "600"})

    with pytest.raises(BudgetExhausted) as caught:
        dealer.write(create(1))

    assert caught.value.retry_after_seconds == 600
    assert (dealer.slept, dealer.calls("CreateLead")) == ([], 1)


def test_events_that_the_service_does_not_count_are_sent_again(dealer: Dealer, alter: Alter) -> None:
    lead = str(dealer.write(create(1))["D1"].record_id)
    counts = "<Added>1</Added><Known>0</Known>"
    alter(
        "AddMarketingEvents", envelope(f"<AddMarketingEventsResponse>{counts}</AddMarketingEventsResponse>")
    )
    events = [event(1, lead), event(2, lead)]

    first = list(dealer.crm.add_activities(events))
    later = list(dealer.crm.add_activities(events))

    assert [(one.ok, one.retryable) for one in first] == [(False, True)] * 2
    assert [one.ok for one in later] == [True, True]
    assert sorted(dealer.events()) == [(lead, "E1"), (lead, "E2")]


def test_an_opportunity_of_a_lead_that_nobody_asked_for_is_nobodys(dealer: Dealer, alter: Alter) -> None:
    lead = str(dealer.write(create(1))["D1"].record_id)
    stamp = "2026-03-01T08:00:00Z"
    deal = (
        "<Opportunity><OpportunityId>O-9</OpportunityId><LeadId>L-7</LeadId><Name>X</Name><Status>Won</Status>"
        f"<IsClosed>true</IsClosed><IsWon>true</IsWon><ModifiedUtc>{stamp}</ModifiedUtc></Opportunity>"
    )
    told = (
        f"<GetOpportunitiesResponse>{deal}<ServerTimeUtc>{stamp}</ServerTimeUtc></GetOpportunitiesResponse>"
    )
    alter("GetOpportunities", envelope(told))

    found = list(dealer.crm.pull_opportunities(dealer.known(1), "originating", None))

    assert (found, lead) == ([], dealer.leads()[0]["LeadId"])
