"""The troubles that can be ordered, before and after the commit."""

from __future__ import annotations

import httpx
import pytest


@pytest.mark.parametrize(
    ("limit", "code"), [("requests", "0x80072322"), ("time", "0x80072321"), ("concurrent", "0x80072326")]
)
def test_a_throttled_call_says_how_long_to_wait(environment, limit, code):
    environment.fault("throttle", "create", arguments={"limit": limit, "retry_after": 7})

    answer = environment.call("POST", "leads", {"lastname": "A"})

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["error"]["code"] == code
    assert environment.rows("lead") == []


@pytest.mark.parametrize(("moment", "count"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("kind", ["status", "html", "hang_up"])
def test_a_trouble_comes_before_or_after_the_commit(environment, kind, moment, count):
    environment.fault(kind, "create", moment)

    try:
        status = environment.call("POST", "leads", {"lastname": "A"}).status_code
    except httpx.RemoteProtocolError:
        status = None

    assert status == (None if kind == "hang_up" else 503)
    assert len(environment.rows("lead")) == count
    (entry,) = environment.sandbox.control.journal("dynamics", operation="create", org="d001")
    assert (entry["fault"], entry["object"]) == (kind, "lead")


def test_an_answer_may_be_cut_off(environment):
    environment.fault("truncate", "whoami", "after", arguments={"bytes": 5})

    with pytest.raises(httpx.RemoteProtocolError):
        environment.call("GET", "WhoAmI")


def test_a_fault_is_aimed_at_one_environment_and_table(environment):
    environment.fault("status", "create", match={"org": "d002"})
    environment.fault("status", "create", match={"object": "contact"})

    assert environment.call("POST", "leads", {"lastname": "A"}).status_code == 204
    assert environment.call("POST", "contacts", {"lastname": "A"}).status_code == 503


def test_a_link_may_lead_elsewhere_and_pages_may_be_short(environment):
    environment.act("insert", object="lead", rows=[{"lastname": "A"}, {"lastname": "B"}])
    environment.fault("foreign_link", "query", arguments={"url": "https://elsewhere.example/x"})
    environment.fault("short_pages", "query", arguments={"rows": 1})

    foreign, short = environment.get("leads"), environment.get("leads")

    assert foreign["@odata.nextLink"] == "https://elsewhere.example/x"
    assert len(short["value"]) == 1
    assert "@odata.nextLink" in short


def test_the_journal_names_no_token_and_no_value(environment):
    environment.call("POST", "leads", {"lastname": "Secretname"})

    told = str(environment.sandbox.control.journal("dynamics"))

    assert "Secretname" not in told
    assert environment.token not in told
