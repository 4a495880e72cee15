"""Signing in to a Salesforce org and reading from it: our hook on the sandbox, over TLS."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from hooks.origins import origin
from hooks.salesforce import bulk
from hooks.salesforce.answers import (
    call_error,
    duplicate_of,
    read_faults,
    row_result,
    safe_text,
)
from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.hook import SalesforceHook, _read_session
from hooks.salesforce.session import Session
from hooks.salesforce.soql import in_lists, quote_value
from leadline.errors import (
    BudgetExhausted,
    ConfigurationError,
    CredentialsRefused,
    NotAllowed,
    RetryLater,
    SchemaDrift,
    VendorUnavailable,
)
from sandbox.launch import RunningSandbox, running
from tests.hooks.salesforce.rooms import connection


@pytest.fixture(scope="module")
def started() -> Iterator[RunningSandbox]:
    with running(orgs=("p001", "p002"), vendors=()) as sandbox:
        yield sandbox


@pytest.fixture
def hook(started: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a factory of hooks on org p001: client credentials, unless the extras say otherwise."""
    started.control.reset()

    def make(login: str | None = None, **extra: Any) -> SalesforceHook:
        values = {"login": login} | json.loads(connection(started, "p001", **extra))
        monkeypatch.setenv("AIRFLOW_CONN_ORG", json.dumps(values))
        return SalesforceHook("org")

    return make


def client_of(hook: SalesforceHook) -> SalesforceClient:
    client = hook.get_client()
    client.sleep = lambda _seconds: None
    return client


def test_client_credentials_sign_in_at_the_connections_own_origin(hook: Any) -> None:
    client = client_of(hook())

    assert client.read_json("GET", "limits")["DailyApiRequests"]
    assert client.usage is not None
    assert client.usage.limit > client.usage.used > 0


def test_a_jwt_signs_in(hook: Any, started: RunningSandbox) -> None:
    address = started.org("p001")
    key = {"private_key_file_path": address["private_key_file"], "consumer_secret": None}

    client = client_of(hook(login=address["username"], **key))

    assert client.read_json("GET", "limits")


def test_the_pem_may_stand_in_the_connection_with_escaped_line_ends(
    hook: Any, started: RunningSandbox
) -> None:
    address = started.org("p001")
    from pathlib import Path

    pem = Path(address["private_key_file"]).read_text().replace("\n", "\\n")

    client = client_of(hook(login=address["username"], private_key=pem, consumer_secret=None))

    assert client.read_json("GET", "limits")


def test_refused_credentials_are_told_without_the_secret(hook: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    with pytest.raises(CredentialsRefused) as caught:
        client_of(hook(consumer_secret="not-the-secret")).request("GET", "limits")

    assert "invalid_client" in str(caught.value)
    assert "not-the-secret" not in str(caught.value) + caplog.text


def test_no_token_is_logged_or_shown(hook: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_of(hook())
    client.request("GET", "limits")

    token = client.session.token

    assert token
    assert token not in caplog.text + repr(client.session)


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"instance_url": None}, "must say where the org is"),
        ({"instance_url": "http://127.0.0.1:1"}, "only https"),
        ({"token_url": "http://127.0.0.1:1/token"}, "'token_url' must be https"),
        ({"consumer_key": None}, "'consumer_key' is missing"),
        ({"consumer_secret": None}, "'consumer_secret' is needed"),
        ({"private_key": "no key"}, "user name in 'login'"),
        ({"private_key_file_path": "/nowhere/key.pem"}, "cannot be read"),
    ],
)
def test_a_connection_that_cannot_work_says_what_is_missing(
    hook: Any, extra: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        client_of(hook(**extra)).request("GET", "limits")


def test_a_token_answer_cannot_lead_elsewhere(hook: Any, started: RunningSandbox) -> None:
    # The token of org p002, asked for at p002's own host and port, names p002 as its instance.
    other = started.org("p002")
    own = hook()._extra("instance_url")
    chosen = hook(
        instance_url=own.replace("127.0.0.1", "localhost"),
        token_url=f"{other['tls_url']}/services/oauth2/token",
        consumer_key=other["client_id"],
        consumer_secret=other["client_secret"],
    )
    session = chosen.sign_in(client_of(chosen)._http)
    assert origin(session.instance_url) == origin(other["tls_url"])  # the token's own origin is allowed

    elsewhere = Session("t", "https://evil.example")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hooks.salesforce.hook._read_session", lambda _answer: elsewhere)
        with pytest.raises(NotAllowed, match=r"evil\.example"):
            chosen.sign_in(client_of(chosen)._http)


def test_a_link_in_an_answer_is_followed_on_the_instance_or_an_allowed_host_only(hook: Any) -> None:
    client = client_of(hook(allowed_hosts="files.example, Other.example"))
    own = client.session.instance_url

    assert client.resolve("query") == f"{own}/services/data/v62.0/query"
    assert client.resolve("/services/x") == f"{own}/services/x"
    assert client.resolve("https://files.example/x") == "https://files.example/x"
    for link in (
        "https://evil.example/x",
        "//evil.example/x",
        "http://files.example/x",
        own + "0/x",
        own + "1",
    ):
        with pytest.raises(NotAllowed):
            client.resolve(link)


def test_a_query_is_followed_to_its_last_page(hook: Any, started: RunningSandbox) -> None:
    rows = [{"LastName": f"L{n}", "Company": "C"} for n in range(450)]
    started.control.act("p001", "insert", object="Lead", rows=rows)
    client = client_of(hook())

    pages = list(client.query("SELECT Id, LastName FROM Lead ORDER BY LastName", batch_size=200))

    assert [len(page.records) for page in pages] == [200, 200, 50]
    assert pages[0].total == 450
    assert json.loads(pages[0].raw)["records"][0]["LastName"] == "L0"


def test_a_bulk_query_gives_the_same_records(hook: Any, started: RunningSandbox) -> None:
    rows = [{"LastName": f"L{n}", "Company": 'C, "x"\nü', "City": None} for n in range(30)]
    started.control.act("p001", "insert", object="Lead", rows=rows)
    client = client_of(hook())

    pages = list(bulk.query(client, "SELECT LastName, Company, City FROM Lead", max_records=12))

    records = [record for page in pages for record in page.records]
    assert len(records) == 30
    assert {record["Company"] for record in records} == {'C, "x"\nü'}
    assert {record["City"] for record in records} == {None}


def test_an_expired_session_is_renewed_and_the_calls_own_headers_stay(
    hook: Any, started: RunningSandbox
) -> None:
    client = client_of(hook())
    client.request("GET", "limits")
    started.control.act("p001", "end_sessions")
    record = {
        "attributes": {"type": "Lead"},
        "LastName": "A",
        "Company": "C",
        "OwnerId": "005000000000002AAA",
    }

    (result,) = client.collections("POST", [record], headers={"Sforce-Auto-Assign": "FALSE"})

    assert result["success"]
    assert started.control.records("p001", "Lead")[0]["OwnerId"] == "005000000000002AAA"


def test_a_call_that_must_not_repeat_is_not_repeated(hook: Any, started: RunningSandbox) -> None:
    client = client_of(hook())
    started.control.fault("salesforce", "hang_up", operation="collections.create", moment="after")

    with pytest.raises(VendorUnavailable):
        client.collections("POST", [{"attributes": {"type": "Lead"}, "LastName": "A", "Company": "C"}])

    assert len(started.control.records("p001", "Lead")) == 1


def test_the_connection_button_tells_whether_it_works(hook: Any) -> None:
    assert hook().test_connection() == (True, "Signed in")
    works, told = hook(consumer_secret="wrong").test_connection()
    assert not works
    assert "invalid_client" in told


def test_the_providers_own_methods_use_our_session(hook: Any) -> None:
    found = hook().make_query("SELECT Id FROM User")

    assert found["totalSize"] > 0


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        # the code decides
        (401, [{"errorCode": "INVALID_SESSION_ID", "message": "x"}], CredentialsRefused),
        (
            403,
            [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}],
            BudgetExhausted,
        ),
        (
            403,
            [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests Limit exceeded."}],
            RetryLater,
        ),
        (400, [{"errorCode": "QUERY_TIMEOUT", "message": "x"}], RetryLater),
        (400, [{"errorCode": "INVALID_FIELD", "message": "x"}], SchemaDrift),
        (400, [{"errorCode": "MALFORMED_QUERY", "message": "x"}], SchemaDrift),
        (400, {"exceptionCode": "InvalidSessionId", "exceptionMessage": "x"}, CredentialsRefused),
        # the status decides
        (404, [{"errorCode": "SOMETHING_NEW", "message": "x"}], SchemaDrift),
        (404, [], VendorUnavailable),  # a page of something else
        (403, [], NotAllowed),
        (410, [], ConfigurationError),
        (503, [], VendorUnavailable),
        (400, [{"errorCode": "SOMETHING_NEW", "message": "x"}], NotAllowed),
    ],
)
def test_an_answer_means_one_of_our_errors(status: int, body: Any, kind: type[Exception]) -> None:
    assert type(call_error(status, json.dumps(body), "GET query")) is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_grant", "error_description": "expired"}, CredentialsRefused),
        (400, {"error": "unknown_error", "error_description": "retry your request"}, VendorUnavailable),
        (404, "<html>", VendorUnavailable),
    ],
)
def test_a_token_refused_for_the_moment_is_no_matter_of_credentials(
    status: int, body: Any, kind: type[Exception]
) -> None:
    answer = requests.Response()
    answer.status_code, answer._content = status, json.dumps(body).encode()

    with pytest.raises(kind):
        _read_session(answer)


def test_an_error_quotes_neither_the_query_nor_an_address() -> None:
    message = (
        "\nSELECT Id FROM Lead WHERE Email IN ('a@example.org')\n ^\n"
        "ERROR at Row:1:Column:12\nNo such column 'Gone__c' on entity 'Lead'. Ask b@example.org"
    )

    assert safe_text(message) == "No such column 'Gone__c' on entity 'Lead'. Ask …"


@pytest.mark.parametrize("key", ["duplicateResut", "duplicateResult"])
def test_the_best_match_of_a_duplicate_rule_is_read_in_both_spellings(key: str) -> None:
    def match(confidence: float, record_id: str) -> dict[str, Any]:
        return {"matchConfidence": confidence, "record": {"Id": record_id}}

    results = [
        {"entityType": "Lead", "matchRecords": [match(50, "00Q1")]},
        {"entityType": "Contact", "matchRecords": [match(100, "0031")]},
    ]
    body = [{"errorCode": "DUPLICATES_DETECTED", "message": "x", key: {"matchResults": results}}]

    assert duplicate_of(read_faults(json.dumps(body))[0]) == ("Contact", "0031")


def test_a_duplicate_value_names_its_record_in_the_text() -> None:
    fault = read_faults(
        '[{"statusCode":"DUPLICATE_VALUE","message":"duplicate value found: Ref__c duplicates value on record'
        ' with id: 00Q000000000001AAA","fields":["Ref__c"]}]'
    )[0]

    result = row_result("D1", fault=fault)

    assert (result.record_id, result.field, result.retryable) == ("00Q000000000001AAA", "Ref__c", False)


@pytest.mark.parametrize(
    ("text", "code", "message", "fields"),
    [
        (
            "A_CODE:Required fields are missing: [LastName]:LastName --",
            "A_CODE",
            "Required fields are missing: [LastName]",
            ("LastName",),
        ),
        ("A_CODE:no fields:--", "A_CODE", "no fields", ()),
        ("A_CODE:two:Email,Phone --", "A_CODE", "two", ("Email", "Phone")),
        ("", "UNKNOWN_EXCEPTION", "", ()),
    ],
)
def test_the_error_of_a_bulk_row_is_read(text: str, code: str, message: str, fields: tuple[str, ...]) -> None:
    fault = bulk.read_error(text)

    assert (fault.code, fault.message, fault.fields) == (code, message, fields)


def test_a_value_cannot_end_its_literal_and_lists_fit_a_url() -> None:
    assert quote_value("O'Brien\\\n") == "'O\\'Brien\\\\\\n'"
    lists = list(in_lists([f"person{n}@example.org" for n in range(1_000)], longest=4_000))
    assert sum(one.count("@") for one in lists) == 1_000
    assert max(map(len, lists)) < 4_000
