from __future__ import annotations

from datetime import timedelta

import pytest
from airflow.sdk.definitions.retry_policy import RetryAction
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from leadline.errors import (
    BudgetExhausted,
    ConfigurationError,
    CredentialsRefused,
    HubUnavailable,
    LeaseHeld,
    LeftUnfinished,
    SchemaDrift,
    ThresholdExceeded,
    UnreadableFile,
    VendorUnavailable,
)
from leadline.hub import databases, open_hub
from leadline.notices.advice import advice
from operators.task import LeadlineOperator, RetryAfter, actor_of, target_of
from tests.operators.conftest import TaskInstance


class Failing(LeadlineOperator):
    def __init__(self, *, error=None, **kwargs):
        super().__init__(**kwargs)
        self.error = error

    def work(self, context):
        if self.error:
            raise self.error
        return {"rows": 3}


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError("no host key"),
        CredentialsRefused("no"),
        SchemaDrift("gone"),
        ThresholdExceeded("too many"),
        UnreadableFile("empty", "nothing in it"),
    ],
)
def test_what_would_only_fail_again_fails_now(make_task_context, error):
    context = make_task_context()

    with pytest.raises(AirflowFailException, match=type(error).__name__):
        Failing(task_id="t", error=error).execute(context)

    assert context["ti"].pushed["failure"] == {"cause": type(error).__name__, "message": str(error)}


@pytest.mark.parametrize(
    "error", [VendorUnavailable("down"), BudgetExhausted("spent", 60), LeaseHeld("busy")]
)
def test_what_may_pass_later_is_left_to_a_retry(make_task_context, error):
    context = make_task_context()

    with pytest.raises(type(error)):
        Failing(task_id="t", error=error).execute(context)

    assert context["ti"].pushed["failure"]["cause"] == type(error).__name__


def test_an_error_of_somebody_else_is_named_but_not_quoted(make_task_context):
    context = make_task_context()

    with pytest.raises(ValueError, match="ann@buyer"):
        Failing(task_id="t", error=ValueError("bad row: ann@buyer.example")).execute(context)

    assert context["ti"].pushed["failure"]["cause"] == "ValueError"
    assert "ann" not in str(context["ti"].pushed)


def test_a_message_of_ours_reaches_xcom_without_addresses(make_task_context):
    context = make_task_context()

    with pytest.raises(AirflowFailException):
        Failing(task_id="t", error=ConfigurationError("bad: ann@buyer.example")).execute(context)

    assert "ann" not in str(context["ti"].pushed)


def test_the_log_says_each_part_of_what_failed_and_what_to_do(make_task_context, caplog):
    error = LeftUnfinished(["a; b.csv: empty", "c\x1b[2J\n.csv: cut off, ask ann@buyer.example"])

    with pytest.raises(AirflowFailException):
        Failing(task_id="t", error=error).execute(make_task_context())

    *parts, what_to_do = [one.getMessage() for one in caplog.records if one.name == "operators.task"]
    assert parts == [
        "LeftUnfinished: a; b.csv: empty",  # a name is not taken apart
        r"LeftUnfinished: c\x1b[2J\n.csv: cut off, ask <address>",  # nor can one write lines, or hide them
    ]
    assert "held pull" in what_to_do
    assert "ann" not in caplog.text


def test_the_log_does_not_end_in_a_thousand_lines(make_task_context, caplog):
    with pytest.raises(AirflowFailException, match="1; 2; 3"):
        Failing(task_id="t", error=LeftUnfinished(list(map(str, range(1, 1_001))))).execute(
            make_task_context()
        )

    said = [one.getMessage() for one in caplog.records if one.name == "operators.task"]
    assert (len(said), said[-2]) == (202, "LeftUnfinished: and 800 more")


@pytest.mark.parametrize("error", [VendorUnavailable("the server does not answer"), LeaseHeld("busy")])
def test_the_log_says_what_to_do_about_what_is_tried_again_too(make_task_context, caplog, error):
    with pytest.raises(type(error)):
        Failing(task_id="t", error=error).execute(make_task_context())

    said = [one.getMessage() for one in caplog.records if one.name == "operators.task"]
    assert said == [f"{type(error).__name__}: {error}", f"What to do: {advice(type(error).__name__)}"]


class Mute(TaskInstance):
    def xcom_push(self, key, value):
        raise RuntimeError("the API server does not answer")


def test_an_airflow_that_takes_no_cause_hides_neither_what_failed_nor_what_to_do(make_task_context, caplog):
    with pytest.raises(AirflowFailException, match="CredentialsRefused"):
        Failing(task_id="t", error=CredentialsRefused("no")).execute(make_task_context(ti=Mute()))

    assert "renew the secret" in caplog.text


class Writing(LeadlineOperator):
    def work(self, context):
        with open_hub().transaction("acme"):
            return {}


def test_a_hub_that_somebody_locks_is_tried_again_and_is_no_fault_of_the_code(
    make_task_context, home, monkeypatch, caplog
):
    monkeypatch.setattr(databases, "BUSY_MS", 1)
    context = make_task_context()

    with home.transaction("acme"), pytest.raises(HubUnavailable, match="database is locked"):
        Writing(task_id="t").execute(context)

    assert context["ti"].pushed["failure"]["cause"] == "HubUnavailable"
    assert "end what locks it" in caplog.text


def test_success_leaves_nothing_but_what_it_returns(make_task_context):
    context = make_task_context()

    assert Failing(task_id="t").execute(context) == {"rows": 3}
    assert context["ti"].pushed == {}


def test_a_dry_run_skips_a_task_that_writes(make_task_context):
    with pytest.raises(AirflowSkipException):
        Failing(task_id="t").execute(make_task_context({"dry_run": True}))


@pytest.mark.parametrize(
    ("error", "action", "delay"),
    [
        (VendorUnavailable("down", 90), RetryAction.RETRY, timedelta(seconds=90)),
        (BudgetExhausted("spent", 0), RetryAction.RETRY, timedelta(seconds=1)),
        (BudgetExhausted("spent", 10**9), RetryAction.RETRY, timedelta(hours=6)),
        (VendorUnavailable("down"), RetryAction.DEFAULT, None),
        (ValueError("bug"), RetryAction.DEFAULT, None),
    ],
)
def test_the_other_side_says_how_long_to_wait(error, action, delay):
    decision = RetryAfter().evaluate(error, 1, 3)

    assert (decision.action, decision.retry_delay) == (action, delay)


def test_a_mapped_task_waits_as_asked_too():
    # A mapped task is made with None for every argument it was not given.
    task = Failing(task_id="t", retry_policy=None)

    assert isinstance(task.retry_policy, RetryAfter)


def test_the_rendered_template_holds_a_key_and_no_more():
    assert Failing.template_fields == ("supplier_key",)


@pytest.mark.parametrize(
    ("run_type", "user", "actor"),
    [
        ("scheduled", None, "airflow"),
        ("scheduled", "ops", "airflow"),
        ("manual", "ops", "ops"),
        ("manual", None, "airflow"),
    ],
)
def test_a_manual_run_acts_for_the_person_who_asked(make_task_context, run_type, user, actor):
    assert actor_of(make_task_context(run_type=run_type, user=user)) == actor


def test_a_supplier_key_names_its_target():
    assert (target_of("acme"), target_of("acme~test")) == ("production", "test")
