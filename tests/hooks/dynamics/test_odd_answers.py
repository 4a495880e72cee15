"""Answers that no documentation promises: what they leave out, add, reorder or say under a good status."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from leadline.errors import (
    BudgetExhausted,
    ConfigurationError,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    VendorUnavailable,
)
from leadline.ports import ActivityWrite, KnownRecord, RecordKeys, RecordWrite, RowResult
from tests.hooks.dynamics.conftest import Dynamics
from tests.hooks.dynamics.test_faults import MOMENT, ROWS, creates, until_done
from tests.hooks.ledgers import NoJobs

Change = Callable[[requests.Response], None]
THROTTLED = '{"error":{"code":"0x80072322","message":"Number of requests exceeded the limit of 6000."}}'
JSON, HTML = "application/json; odata.metadata=minimal", "text/html"


@pytest.fixture
def wire(dynamics: Dynamics, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change the answer to the next call whose URL has these words."""

    def alter(part: str, change: Change) -> None:
        session = dynamics.client._client._session
        plain, left = session.send, [change]

        def send(request: requests.PreparedRequest, **options: Any) -> requests.Response:
            answer = plain(request, **options)
            if left and part in str(request.url):
                left.pop()(answer)
            return answer

        monkeypatch.setattr(session, "send", send)

    return alter


def said(content: str | bytes, status: int = 200, kind: str = JSON, **headers: str) -> Change:
    """Return a change to another answer altogether."""

    def change(answer: requests.Response) -> None:
        answer._content = content.encode() if isinstance(content, str) else content
        answer.status_code = status
        answer.headers.update({"Content-Type": kind, **headers})

    return change


def parts(change: Callable[[list[bytes]], list[bytes]]) -> Change:
    """Return a change to the parts of a batch's answer."""

    def work(answer: requests.Response) -> None:
        marker = answer.content.split(b"\r\n", 1)[0]
        found = [one for one in answer.content.split(marker)[1:] if not one.startswith(b"--")]
        answer._content = b"".join(marker + one for one in change(found)) + marker + b"--\r\n"

    return work


def second(answer: str) -> Change:
    """Return a change of the second part to this HTTP answer."""
    head = "\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    return parts(lambda found: [found[0], f"{head}{answer}\r\n".encode(), *found[2:]])


def changes(dynamics: Dynamics) -> list[RecordWrite]:
    return [
        RecordWrite(
            f"D{n}",
            "update",
            "lead",
            f"A{n}",
            dynamics.insert("lead", lastname=f"L{n}"),
            {"jobtitle": f"T{n}"},
        )
        for n in range(ROWS)
    ]


WRONG_PARTS = {
    "another order": parts(lambda found: found[::-1]),
    "two exchanged": parts(lambda found: [found[1], found[0], *found[2:]]),
    "one too many": parts(lambda found: [*found, found[-1]]),
    "one too few": parts(lambda found: found[:-1]),
    "nothing": said(b"", kind="multipart/mixed; boundary=batchresponse_1"),
    "no boundary": said(b"--x--", kind="multipart/mixed"),
    "a page": said("<html>Sign in</html>", kind=HTML),
    "a page that is not there": said("<html>Not found</html>", 404, HTML),
    "half a character": said(b"\xff\xfe\x00"),
}


@pytest.mark.parametrize("case", list(WRONG_PARTS))
@pytest.mark.parametrize("operation", ["create", "update"])
def test_an_answer_to_a_batch_that_cannot_be_right_is_believed_in_nothing(
    dynamics, wire, operation: str, case: str
) -> None:
    writes = creates() if operation == "create" else changes(dynamics)
    dynamics.describe("lead")
    wire("$batch", WRONG_PARTS[case])

    results: list[RowResult] = []
    with pytest.raises(VendorUnavailable, match="tried again"):
        results.extend(dynamics.write(*writes).values())
    again = dynamics.write(*writes)

    assert results == []
    assert all(one.ok for one in again.values())
    assert len(dynamics.rows("lead")) == ROWS


UNREADABLE = [
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"error":{"code":"0x80040216","message":"Oh"}}',
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Sign in</html>",
    'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n{"leadid":"',
    "Bad Gateway",
]


@pytest.mark.parametrize("answer", UNREADABLE, ids=["an error", "a page", "half an object", "no HTTP"])
@pytest.mark.parametrize("operation", ["create", "update"])
def test_a_part_under_a_good_status_that_is_no_success_is_tried_again_alone(
    dynamics, wire, operation: str, answer: str
) -> None:
    writes = creates() if operation == "create" else changes(dynamics)
    dynamics.describe("lead")
    wire("$batch", second(answer))

    first = dynamics.write(*writes)
    later = dynamics.write(writes[1])

    assert [one.key for one in first.values() if not one.ok and one.retryable and one.code] == ["D1"]
    assert later["D1"].ok
    assert len(dynamics.rows("lead")) == ROWS


@pytest.mark.parametrize("entity", ["", "OData-EntityId: https://d001.example/leads(ll_leadlineid='A1')\r\n"])
def test_a_new_row_whose_id_is_not_told_is_found_by_our_key(dynamics, wire, entity: str) -> None:
    dynamics.describe("lead")
    wire("$batch", second(f"HTTP/1.1 204 No Content\r\n{entity}\r\n"))

    results = dynamics.write(*creates())

    ids = {row["ll_leadlineid"]: row["leadid"] for row in dynamics.rows("lead")}
    assert {f"A{one.key[1]}": one.record_id for one in results.values()} == ids


def test_a_row_without_an_alternate_key_is_told_by_its_own_id(make_dynamics, monkeypatch) -> None:
    dynamics = make_dynamics()
    dynamics.act("hide_columns", object="lead", columns=["ll_leadlineid"])
    session = dynamics.client._client._session
    dynamics.describe("lead")
    plain = session.send

    def send(request: requests.PreparedRequest, **options: Any) -> requests.Response:
        answer = plain(request, **options)
        if b"PATCH" in (request.body or b""):
            WRONG_PARTS["two exchanged"](answer)
        return answer

    monkeypatch.setattr(session, "send", send)
    with pytest.raises(VendorUnavailable, match="another order"):
        dynamics.write(*creates())


def test_parts_that_came_too_soon_are_sent_again_alone_when_they_may(dynamics) -> None:
    dynamics.describe("lead")
    too_soon = {"rows": [2, 4], "status": 429, "code": "0x80072322", "retry_after": 7}
    dynamics.fault("row_error", "batch", arguments=too_soon)

    results = dynamics.write(*creates())

    assert all(one.ok for one in results.values())
    assert dynamics.waited == [7.0]
    sent = dynamics.control.journal("dynamics", operation="batch", org=dynamics.name)
    assert [one["rows"] for one in sent][-2:] == [ROWS, 2]


@pytest.mark.parametrize("wish", [240, 1])
def test_parts_that_still_come_too_soon_end_the_push_and_wait_without_a_try_lost(dynamics, wish: int) -> None:
    dynamics.describe("lead")
    too_soon = {"match": "L3", "status": 429, "code": "0x80072321", "retry_after": wish}
    dynamics.fault("row_error", "batch", arguments=too_soon, times=None)
    known: list[RowResult] = []

    with pytest.raises(BudgetExhausted, match="0x80072321") as caught:
        known.extend(dynamics.crm.write(creates(), NoJobs()))

    assert [one.key for one in known if one.ok] == ["D0", "D1", "D2", "D4"]
    assert (caught.value.retry_after_seconds, caught.value.vendor_code) == (wish, "0x80072321")
    assert len(dynamics.rows("lead")) == ROWS - 1


def test_a_token_that_ends_within_a_batch_is_renewed_for_the_rest_of_it(dynamics) -> None:
    dynamics.describe("lead")
    dynamics.fault("row_error", "batch", arguments={"rows": [4, 5], "status": 401, "code": ""})

    results = dynamics.write(*creates())

    assert all(one.ok for one in results.values())
    assert dynamics.calls("token") == 2


def test_a_token_that_is_refused_again_within_a_batch_is_a_matter_of_credentials(dynamics) -> None:
    dynamics.describe("lead")
    dynamics.fault("row_error", "batch", arguments={"status": 401, "code": "", "match": "L"}, times=None)

    with pytest.raises(CredentialsRefused, match="client id and secret"):
        dynamics.write(*creates())

    assert dynamics.calls("batch") <= 4


def test_events_that_come_too_soon_end_the_push_and_are_added_once(dynamics) -> None:
    lead = dynamics.insert("lead", lastname="A")
    dynamics.describe("lead", "contact", "task")
    too_soon = {"match": "E1", "status": 429, "code": "0x80072322", "retry_after": 300}
    dynamics.fault("row_error", "batch", arguments=too_soon)
    events = [ActivityWrite(f"E{n}", lead, "Web visit", "text", MOMENT) for n in range(3)]
    known: list[RowResult] = []

    with pytest.raises(BudgetExhausted):
        known.extend(dynamics.crm.add_activities(events))
    results, _ = until_done(lambda: list(dynamics.crm.add_activities(events)))

    assert [one.key for one in known] == ["E0", "E2"]
    assert all(one.ok for one in results)
    assert len(dynamics.rows("task")) == 3


def test_a_role_that_was_taken_from_us_refuses_no_lead(dynamics) -> None:
    dynamics.describe("lead")
    dynamics.fault("row_error", "batch", arguments={"status": 403, "code": "0x80040220"})

    with pytest.raises(CredentialsRefused, match="application user and its role") as caught:
        dynamics.write(*creates())
    assert caught.value.vendor_code == "0x80040220"

    assert all(one.ok for one in dynamics.write(*creates()).values())


def test_a_role_that_the_new_owner_lacks_is_about_the_row(dynamics) -> None:
    dynamics.describe("lead")
    owner = "11111111-2222-3333-4444-555555555555"
    text = f"Principal user (Id={owner}, type=8) is missing prvReadLead privilege on OTC=4 for entity 'lead'"
    dynamics.fault("row_error", "batch", arguments={"status": 403, "code": "0x80040220", "message": text})

    results = dynamics.write(*creates(1))

    assert (results["D0"].code, results["D0"].retryable) == ("0x80040220", False)


def test_a_look_up_of_a_missing_row_does_not_make_the_lead_look_gone(dynamics) -> None:
    lead = dynamics.insert("lead", lastname="A")
    dynamics.describe("lead")
    text = "campaign With Id = 9f9d1c1e-0000-0000-0000-000000000000 Does Not Exist"
    missing = {"status": 404, "code": "0x80040217", "message": text}
    dynamics.fault("row_error", "batch", arguments=missing)

    result = dynamics.write(RecordWrite("D1", "update", "lead", "A1", lead, {"jobtitle": "CTO"}))["D1"]

    assert (result.ok, result.stale, result.retryable, result.code) == (False, False, False, "0x80040217")
    assert "campaign" in str(result.message)


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (
            "The length of the 'subject' attribute of the 'lead' entity exceeded the maximum of '300'.",
            "subject",
        ),
        (
            "The value 99 of 'leadsourcecode' on record of type 'lead' is outside the valid range.",
            "leadsourcecode",
        ),
        ("The required field 'lastname' is missing.", "lastname"),
        ("Attribute 'new_tier' cannot be NULL.", "new_tier"),
        ("The 'new_tier' attribute is required by this table.", "new_tier"),
    ],
)
def test_a_refused_row_names_its_field_and_none_of_its_values(dynamics, message: str, field: str) -> None:
    dynamics.describe("lead")
    text = f"{message} Given: MUSTERMANN, +49 151 2345, max@example.org"
    dynamics.fault("row_error", "batch", arguments={"status": 400, "code": "0x80044331", "message": text})
    fields = {"lastname": "Mustermann", "telephone1": "+49 151 2345", "emailaddress1": "max@example.org"}

    result = dynamics.write(RecordWrite("D1", "create", "lead", "A1", None, fields))["D1"]

    assert (result.code, result.field) == ("0x80044331", field)
    assert "2345" not in str(result.message)
    assert "mustermann" not in str(result.message).lower()
    assert "max@" not in str(result.message)


NO_PAGES = [
    "",
    "<html>Sign in</html>",
    "{}",
    "null",
    "[]",
    '{"value":null}',
    '{"value":[null]}',
    '{"value":[{}]}',
]
READINGS: dict[str, Callable[[Dynamics, KnownRecord], object]] = {
    "look-up": lambda one, known: one.crm.find("lead", [RecordKeys("D1", known.record_id, "A1", "")]),
    "records": lambda one, known: list(one.crm.pull_records([known], ["jobtitle"], None)),
    "opportunities": lambda one, known: list(one.crm.pull_opportunities([known], "contact_match", None)),
    "activities": lambda one, known: list(one.crm.pull_activities([known], None)),
    "lists": lambda one, _: list(one.crm.lists()),
    "who we are": lambda one, _: one.crm._people.me,
}


@pytest.mark.parametrize("reading", list(READINGS))
@pytest.mark.parametrize("answer", NO_PAGES)
def test_an_answer_without_rows_is_no_word_that_there_are_none(
    dynamics, wire, answer: str, reading: str
) -> None:
    known = KnownRecord(dynamics.insert("lead", lastname="A"), "lead", "A1", "a@example.org")
    dynamics.describe("lead", "contact", "opportunity", "task")
    if reading != "who we are":
        assert dynamics.crm._people.me
    wire("/api/data", said(answer))

    with pytest.raises(VendorUnavailable, match="tried again"):
        READINGS[reading](dynamics, known)

    READINGS[reading](dynamics, known)


def test_pages_that_lead_to_themselves_end(dynamics, monkeypatch) -> None:
    known = [KnownRecord(dynamics.insert("lead", lastname=f"L{n}"), "lead", f"A{n}", "") for n in range(3)]
    dynamics.describe("lead")
    dynamics.fault("short_pages", "query", times=None, arguments={"rows": 1})
    session = dynamics.client._client._session
    plain, first = session.send, []

    def send(request: requests.PreparedRequest, **options: Any) -> requests.Response:
        answer = plain(request, **options)
        if "skiptoken" in str(request.url):
            first.append(answer.content)
            assert len(first) < 9
            answer._content = first[0]
        return answer

    monkeypatch.setattr(session, "send", send)

    with pytest.raises(VendorUnavailable, match="again and again"):
        list(dynamics.crm.pull_records(known, [], None))


@pytest.mark.parametrize(
    ("status", "content", "error", "message"),
    [
        (302, "", ConfigurationError, "connection's 'host'"),
        (413, "", NotAllowed, "batch_rows"),
        (429, THROTTLED, BudgetExhausted, "0x80072322"),
        (200, THROTTLED, BudgetExhausted, "0x80072322"),
        (200, '{"error":{"code":"0x80040220","message":"No"}}', CredentialsRefused, "role"),
        (200, '{"error":{"code":"","message":"No"}}', VendorUnavailable, "tried again"),
    ],
)
def test_an_answer_to_a_whole_call_says_what_to_do(
    dynamics, wire, status: int, content: str, error: type[LeadlineError], message: str
) -> None:
    dynamics.describe("lead")
    wire("$batch", said(content, status, **{"Retry-After": "120"}))

    with pytest.raises(error, match=message) as caught:
        dynamics.write(*creates())

    if status == 429:
        assert (caught.value.retry_after_seconds, caught.value.vendor_code) == (120, "0x80072322")


def test_a_moment_to_come_back_at_is_waited_for(dynamics, wire) -> None:
    dynamics.describe("lead")
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    wire("$batch", said(THROTTLED, 429, **{"Retry-After": at}))

    results = dynamics.write(*creates())

    assert all(one.ok for one in results.values())
    assert [30 < one <= 41 for one in dynamics.waited] == [True]


def test_a_certificate_that_nobody_vouches_for_is_named_and_not_tried_again(dynamics, monkeypatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    dynamics.describe("lead")
    dynamics.client._client._session.mount("https://", HTTPAdapter())

    with pytest.raises(ConfigurationError, match=r"certificate is not trusted.*'ca_bundle'"):
        dynamics.write(*creates())

    assert dynamics.waited == []
