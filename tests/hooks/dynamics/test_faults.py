"""Every trouble of the reference page, before and after the commit: nothing lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from leadline.errors import (
    BudgetExhausted,
    CredentialsRefused,
    RetryLater,
    SchemaDrift,
    VendorUnavailable,
)
from leadline.ports import ActivityWrite, KnownRecord, RecordWrite, RowResult

ROWS = 5
MOMENT = datetime(2026, 10, 1, 8, 30, tzinfo=UTC)

PASSING = [
    ("throttle", {"limit": "requests", "retry_after": 3}),
    ("throttle", {"limit": "time", "retry_after": 3}),
    ("throttle", {"limit": "concurrent", "retry_after": 3}),
    ("status", {"status": 401}),
    ("status", {"status": 500, "code": "0x80040216"}),
    ("status", {"status": 500, "code": "0x80044150"}),
    ("status", {"status": 500, "code": "0x80044151"}),
    ("status", {"status": 502}),
    ("status", {"status": 503}),
    ("status", {"status": 504}),
    ("html", {"status": 503}),
    ("hang_up", {}),
]
"""What passes when the same call is made again."""

ANSWERS_CUT = [("truncate", {"bytes": 10}), ("truncate", {"bytes": 400})]
CASES = [
    *[(kind, arguments, moment) for kind, arguments in PASSING for moment in ("before", "after")],
    *[(kind, arguments, "after") for kind, arguments in ANSWERS_CUT],
]
IDS = [
    f"{kind}-{'-'.join(str(one) for one in arguments.values())}-{moment}" for kind, arguments, moment in CASES
]


def creates(count: int = ROWS) -> list[RecordWrite]:
    return [
        RecordWrite(
            f"D{n}", "create", "lead", f"A{n}", None, {"lastname": f"L{n}", "emailaddress1": f"p{n}@e.org"}
        )
        for n in range(count)
    ]


def until_done(
    call: Callable[[], list[RowResult]], turns: int = 6
) -> tuple[list[RowResult], list[RetryLater]]:
    """Return the results once no row is to be tried again, and the errors of whole calls before."""
    errors: list[RetryLater] = []
    for _ in range(turns):
        try:
            results = call()
        except RetryLater as error:
            errors.append(error)
            continue
        if not any(one.retryable for one in results):
            return results, errors
    raise AssertionError("it never ended")


@pytest.mark.parametrize(("kind", "arguments", "moment"), CASES, ids=IDS)
@pytest.mark.parametrize("times", [1, 5], ids=["once", "more-than-one-call-repeats"])
def test_new_leads_arrive_once_whatever_happens_to_the_batch(dynamics, kind, arguments, moment, times):
    dynamics.describe("lead")
    dynamics.fault(kind, "batch", moment, times=times, arguments=arguments)

    if (kind, arguments.get("status"), times) == ("status", 401, 5):
        # A token that is refused again right after it was made is a matter of credentials.
        with pytest.raises(CredentialsRefused, match="check the connection's client id and secret"):
            dynamics.write(*creates())
        dynamics.control.clear_faults()
    results, errors = until_done(lambda: list(dynamics.write(*creates()).values()))

    rows = dynamics.rows("lead")
    assert sorted(row["ll_leadlineid"] for row in rows) == [f"A{n}" for n in range(ROWS)]
    assert {one.record_id for one in results if one.ok} == {row["leadid"] for row in rows}
    # One trouble passes within the call; five are told once, for what they are.
    told = BudgetExhausted if kind == "throttle" else VendorUnavailable
    ends_the_call = times == 5 and arguments.get("status") != 401
    assert [type(error) for error in errors] == [told] * ends_the_call
    assert all("Dynamics" in str(error) for error in errors)


@pytest.mark.parametrize(("kind", "arguments", "moment"), CASES, ids=IDS)
def test_a_change_is_made_once_and_nothing_deleted_comes_back(dynamics, kind, arguments, moment):
    there, gone = dynamics.insert("lead", lastname="A"), dynamics.insert("lead", lastname="B")
    dynamics.describe("lead")
    dynamics.act("delete", object="lead", id=gone)
    dynamics.fault(kind, "batch", moment, arguments=arguments)
    writes = [
        RecordWrite(f"D{n}", "update", "lead", f"A{n}", record, {"jobtitle": "CTO"})
        for n, record in enumerate((there, gone))
    ]

    results, _ = until_done(lambda: list(dynamics.write(*writes).values()))

    (row,) = dynamics.rows("lead")
    assert (row["leadid"], row["jobtitle"]) == (there, "CTO")
    assert {one.key: (one.ok, one.stale) for one in results} == {"D0": (True, False), "D1": (False, True)}


@pytest.mark.parametrize(("kind", "arguments", "moment"), CASES, ids=IDS)
def test_an_event_is_added_once(dynamics, kind, arguments, moment):
    lead = dynamics.insert("lead", lastname="A")
    dynamics.describe("lead", "contact", "task")
    dynamics.fault(kind, "batch", moment, times=1, skip=0, arguments=arguments)
    dynamics.fault(kind, "batch", moment, times=1, skip=1, arguments=arguments)
    event = ActivityWrite("E1", lead, "Web visit", "text", MOMENT)

    results, _ = until_done(lambda: list(dynamics.crm.add_activities([event])))

    (task,) = dynamics.rows("task")
    assert results[0].ok
    assert (task["activityid"], task["statecode"]) == (results[0].record_id, 1)


@pytest.mark.parametrize(
    ("kind", "arguments"), PASSING, ids=[one.rsplit("-", 1)[0] for one in IDS[: 2 * len(PASSING) : 2]]
)
def test_a_reading_goes_on_after_a_passing_trouble(dynamics, kind, arguments):
    lead = dynamics.insert("lead", lastname="A")
    dynamics.describe("lead")
    dynamics.fault(kind, "query", arguments=arguments)

    (record,) = dynamics.crm.pull_records([KnownRecord(lead, "lead", "A1", "")], (), None)

    assert (record.record_id, record.deleted, record.missing) == (lead, False, False)
    if kind == "throttle":
        assert dynamics.waited == [3.0]


@pytest.mark.parametrize(
    ("code", "status", "retryable"),
    [
        ("0x80044150", 500, True),
        ("0x80044151", 500, True),
        ("0x80040216", 500, True),
        ("0x80060882", 412, True),
        ("0x80040265", 400, False),
        ("0x80044331", 400, False),
        ("0x8004431a", 400, False),
        ("0x80040220", 403, False),
        ("0x80040224", 500, False),
    ],
)
def test_a_row_that_is_refused_keeps_its_code_and_stops_no_other(dynamics, code, status, retryable):
    dynamics.describe("lead")
    arguments = {
        "match": "L2",
        "code": code,
        "status": status,
        "message": "No: ann@example.org of 'fax' to x",
    }
    dynamics.fault("row_error", "batch", arguments=arguments)

    results = dynamics.write(*creates())

    bad = results["D2"]
    assert (bad.ok, bad.code, bad.field, bad.retryable) == (False, code, "fax", retryable)
    assert "ann@" not in bad.message
    assert sum(one.ok for one in results.values()) == ROWS - 1
    assert len(dynamics.rows("lead")) == ROWS - 1


def test_a_throttle_that_asks_for_long_is_passed_on_with_its_wish(dynamics):
    dynamics.describe("lead")
    dynamics.fault("throttle", "batch", arguments={"limit": "time", "retry_after": 240})

    with pytest.raises(BudgetExhausted, match="0x80072321") as caught:
        dynamics.write(*creates())

    assert caught.value.retry_after_seconds == 240
    assert dynamics.waited == []
    assert dynamics.rows("lead") == []


def test_a_token_that_ended_is_asked_for_anew_in_the_middle_of_a_push(dynamics):
    dynamics.describe("lead")
    dynamics.act("end_tokens")

    results = dynamics.write(*creates())

    assert all(one.ok for one in results.values())
    assert dynamics.calls("token") == 2


@pytest.mark.parametrize("operation", ["token", "openid"])
@pytest.mark.parametrize(("kind", "arguments"), [("status", {"status": 503}), ("hang_up", {}), ("html", {})])
def test_an_authority_that_cannot_answer_now_is_no_refusal(dynamics, operation, kind, arguments):
    dynamics.fault(kind, operation, times=None, arguments=arguments)

    with pytest.raises(VendorUnavailable, match="Entra ID"):
        dynamics.write(*creates())


def test_an_authority_that_is_asked_too_often_is_no_refusal(dynamics):
    dynamics.fault("status", "openid", times=None, arguments={"status": 429})

    with pytest.raises(VendorUnavailable, match="Entra ID"):
        dynamics.write(*creates())


def test_a_column_that_goes_in_the_middle_of_a_push_stops_it_with_its_name(dynamics):
    dynamics.describe("lead")
    dynamics.act("hide_columns", object="lead", columns=["emailaddress1"])

    with pytest.raises(SchemaDrift, match="'emailaddress1'"):
        dynamics.write(*creates())

    assert dynamics.rows("lead") == []


def test_a_slow_answer_is_waited_for(dynamics, monkeypatch):
    dynamics.describe("lead")
    monkeypatch.setattr("hooks.dynamics.session.TIMEOUT_SECONDS", (5.0, 0.2))
    dynamics.fault("delay", "batch", "after", arguments={"seconds": 1})

    results, errors = until_done(lambda: list(dynamics.write(*creates()).values()))

    assert errors == []
    assert all(one.ok for one in results)
    assert len(dynamics.rows("lead")) == ROWS


def test_a_tenant_that_nobody_knows_is_a_matter_of_the_connection(make_dynamics):
    dynamics = make_dynamics(tenant_id="00000000-0000-0000-0000-000000000001")

    with pytest.raises(CredentialsRefused, match="check tenant, client id and secret"):
        dynamics.write(*creates())


def test_an_authority_that_is_busy_is_no_refusal(dynamics):
    dynamics.fault("aadsts", "token", arguments={"code": 90033, "error": "temporarily_unavailable"})

    with pytest.raises(VendorUnavailable, match="AADSTS90033"):
        dynamics.write(*creates())
