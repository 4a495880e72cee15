from __future__ import annotations

import pytest
import requests

from sandbox.salesforce import seeding

LEAD = {"LastName": "Doe", "Company": "Acme"}


@pytest.mark.parametrize(
    ("moment", "left"),
    [("before", 0), ("after", 1)],
)
@pytest.mark.parametrize("kind", ["hang_up", "timeout"])
def test_a_connection_can_end_before_and_after_the_commit(org, kind, moment, left):
    org.bench.plan("record.create", kind, moment, seconds=0)

    with pytest.raises(requests.ConnectionError):
        org.call("POST", "sobjects/Lead", LEAD)

    assert len(org.query("SELECT Id FROM Lead")) == left


@pytest.mark.parametrize(("moment", "left"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        ({"status": 401}, 401, "INVALID_SESSION_ID"),
        ({"status": 403}, 403, "REQUEST_LIMIT_EXCEEDED"),
        ({"status": 503}, 503, "SERVER_UNAVAILABLE"),
        ({"code": "UNABLE_TO_LOCK_ROW"}, 400, "UNABLE_TO_LOCK_ROW"),
    ],
)
def test_an_error_can_be_answered_once(org, arguments, status, code, moment, left):
    org.bench.plan("record.create", "status", moment, **arguments)

    refused = org.call("POST", "sobjects/Lead", LEAD)

    assert (refused.status_code, refused.json()[0]["errorCode"]) == (status, code)
    assert len(org.query("SELECT Id FROM Lead")) == left
    assert org.call("POST", "sobjects/Lead", LEAD).status_code == 201


def test_an_answer_can_be_cut_off(org):
    org.bench.plan("query", "truncate", "after", bytes=10)

    with pytest.raises(requests.exceptions.RequestException):
        org.call("GET", "query", params={"q": "SELECT Id FROM Lead"})


def test_rows_can_be_locked_by_number_or_by_content(org):
    rows = [{"attributes": {"type": "Lead"}, **LEAD, "Ext_Id__c": f"k{n}"} for n in range(6)]

    def failed(**arguments) -> list[int]:
        org.bench.plan("collections.upsert", "row_error", **arguments)
        answer = org.call("PATCH", "composite/sobjects/Lead/Ext_Id__c", {"records": rows}).json()
        return [place for place, row in enumerate(answer) if not row["success"]]

    assert failed(rows=[2, 5]) == [1, 4]
    assert failed(every=3) == [2, 5]
    assert failed(match="k4") == [4]
    assert failed(match="k4", code="INVALID_CROSS_REFERENCE_KEY") == [4]


def test_pages_can_be_short_and_cursors_can_expire(org):
    seeding.insert(org.org, "Lead", [{**LEAD, "Title": str(n)} for n in range(5)])
    org.bench.plan("query", "short_pages", rows=2)
    org.bench.plan("query_more", "expired_locator")

    first = org.call("GET", "query", params={"q": "SELECT Id FROM Lead"}).json()
    lost = org.session.get(org.url + first["nextRecordsUrl"], timeout=20)

    assert (len(first["records"]), first["totalSize"], first["done"]) == (2, 5, False)
    assert lost.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    assert org.session.get(org.url + first["nextRecordsUrl"], timeout=20).status_code == 400


def test_a_query_can_time_out(org):
    org.bench.plan("query", "query_timeout")

    answer = org.call("GET", "query", params={"q": "SELECT Id FROM Lead"})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "QUERY_TIMEOUT")


def test_the_journal_names_what_was_asked_and_no_secret(org):
    lead = org.lead(Email="jane@x.example", Ext_Id__c="K")
    org.call("GET", "query", params={"q": "SELECT Id FROM Lead WHERE Email = 'jane@x.example'"})
    org.call("PATCH", f"sobjects/Lead/{lead}", {"Title": "x"}, headers={"Sforce-Auto-Assign": "FALSE"})

    token, created, read, changed = org.bench.entries

    assert (token["operation"], token["writes"]) == ("token", False)
    assert created["operation"] == "record.create"
    assert (created["org"], created["object"], created["status"], created["records"]) == (
        "acme",
        "Lead",
        201,
        1,
    )
    assert (read["operation"], read["writes"], read["records"]) == ("query", False, 1)
    assert read["path"] == "/services/data/v62.0/query"
    assert changed["auto_assign"] == "FALSE"
    text = repr(org.bench.entries)
    assert "jane" not in text
    assert org.session.headers["Authorization"].split("!")[1] not in text


@pytest.mark.parametrize(("moment", "left"), [("before", 0), ("after", 1)])
def test_a_web_page_can_be_answered_with_a_wish_to_wait(org, moment, left):
    org.bench.plan("record.create", "page", moment, status=502, retry_after=120)

    page = org.call("POST", "sobjects/Lead", LEAD)

    assert (page.status_code, page.headers["Retry-After"]) == (502, "120")
    assert page.headers["Content-Type"].startswith("text/html")
    assert len(org.query("SELECT Id FROM Lead")) == left


def test_an_error_can_ask_to_wait(org):
    org.bench.plan("limits", "status", status=503, retry_after=7)

    assert org.call("GET", "limits").headers["Retry-After"] == "7"


def test_rows_can_be_left_out_of_an_answer(org):
    rows = [{"attributes": {"type": "Lead"}, **LEAD} for _ in range(3)]
    org.bench.plan("collections.create", "fewer", "after", rows=2)
    org.bench.plan("query", "fewer", "after")

    results = org.call("POST", "composite/sobjects", {"records": rows}).json()
    page = org.call("GET", "query", params={"q": "SELECT Id FROM Lead"}).json()

    assert len(results) == 1
    assert (len(page["records"]), page["totalSize"]) == (2, 3)
