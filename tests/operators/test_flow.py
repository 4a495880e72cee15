"""Each operator of the daily flow hands the right values to `distribution`, and returns little."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from leadline import distribution, pull_back, runs
from leadline.errors import ThresholdExceeded, VendorUnavailable
from leadline.manifests import Batch
from leadline.mapping.model import WriteBack
from leadline.ports import Window
from leadline.settings import settings
from operators.dry_run import DryRunOperator
from operators.pull import PullCampaignsOperator, PullLeadsOperator
from operators.pull_back import FeedbackAccountsOperator, OpportunityAccountsOperator
from operators.push import PushOperator
from operators.route import ListAccountsOperator, RouteOperator
from operators.settle import SettleOperator
from operators.start import chosen_mapping
from operators.validate import JudgeThresholdOperator, ValidateBatchOperator
from operators.write_back import WriteBackOperator
from tests.operators.conftest import NOON

WINDOW = Window(None, NOON)


def batch(batch_id, rows=100):
    return Batch(batch_id, "run-1", "leads", 1, "file:///b.parquet", "file:1", rows)


@pytest.fixture
def calls(home, monkeypatch):
    """Return the calls of `distribution`, each (name, arguments); both suppliers have a started run."""
    seen = []
    answers = {
        "pull": [batch("b1"), batch("b2")], "validate": {"new": 2}, "judge": None, "route": {"assigned": 2},
        "accounts": ["sf-p001"], "push": {"sent": 2}, "write_back": {"sent": 2}, "settle": {"balanced": True},
    }  # fmt: skip
    for name, answer in answers.items():

        def call(*arguments, name=name, answer=answer):
            seen.append((name, arguments))
            return answer

        monkeypatch.setattr(distribution, name, call)
    for supplier in ("acme", "globex"):
        runs.start_run(
            home, chosen_mapping(supplier, {}), run_id="run-1", dag_id="d", kind="scheduled", task="start",
            window=WINDOW,
        )  # fmt: skip
    return seen


@pytest.fixture
def opened(monkeypatch):
    """Return which supplier systems were opened, as (supplier, target)."""
    seen = []

    @contextmanager
    def supplier_system(mapping, target=None):
        seen.append((mapping.supplier, target or mapping.target))
        yield "system"

    monkeypatch.setattr("hooks.systems.supplier_system", supplier_system)
    return seen


@pytest.mark.parametrize(
    ("operator", "kind"), [(PullLeadsOperator, "leads"), (PullCampaignsOperator, "campaigns")]
)
def test_pull_reads_the_pinned_window_and_returns_what_tasks_share(
    calls, opened, make_task_context, operator, kind
):
    result = operator(task_id="pull", supplier_key="acme").execute(make_task_context())

    (name, (hub, staging, ctx, mapping, pulled, system, window, *_)) = calls[0]
    assert result == [["b1", "b2"]]
    assert (name, pulled, system, window) == ("pull", kind, "system", WINDOW)
    assert (ctx.supplier, ctx.run_id, ctx.task, ctx.actor) == ("acme", "run-1", "pull", "airflow")
    assert (mapping.supplier, staging) == ("acme", settings().staging_url)
    assert hub.dialect == "sqlite"
    assert opened == [("acme", "production")]


@pytest.mark.parametrize(
    ("sizes", "tasks"),
    [
        ([], 0),
        ([50_000], 1),
        ([50_000] * 20, 20),
        ([100] * 11, 1),
        ([100] * 1_000, 91),
        ([0] * 3, 1),
        ([50_000, 100, 100, 50_000, 100, 100], 4),
        ([200_000] * 3, 3),
        ([50_000] * 5_000, 250),
    ],
)
def test_batches_share_as_many_tasks_as_are_worth_their_start(
    calls, opened, monkeypatch, make_task_context, sizes, tasks
):
    batches = [batch(f"b{number}", rows) for number, rows in enumerate(sizes)]
    monkeypatch.setattr(distribution, "pull", lambda *_arguments: batches)

    result = PullLeadsOperator(task_id="pull", supplier_key="acme").execute(make_task_context())

    assert len(result) == tasks
    assert [one for task in result for one in task] == [one.batch_id for one in batches]


def test_of_batches_that_share_a_task_one_that_fails_keeps_none_back(calls, monkeypatch, make_task_context):
    seen = []

    def validate(*arguments):
        seen.append(arguments[-1])
        if arguments[-1] == "b2" and fails:
            raise VendorUnavailable("later")
        return {"new": 2, "known": 0}

    monkeypatch.setattr(distribution, "validate", validate)
    operator = ValidateBatchOperator(task_id="t", supplier_key="acme", batch_ids=["b1", "b2", "b3"])

    fails = True
    with pytest.raises(VendorUnavailable):
        operator.execute(make_task_context())
    assert seen == ["b1", "b2", "b3"]

    fails = False
    assert operator.execute(make_task_context()) == {"new": 6, "known": 0}


def test_the_test_target_opens_no_production_connection(home, calls, opened, make_task_context):
    mapping = chosen_mapping("acme", {"target": "test"})
    runs.start_run(home, mapping, run_id="run-1", dag_id="d", kind="manual", task="start", window=WINDOW)

    PullLeadsOperator(task_id="pull", supplier_key="acme~test").execute(make_task_context())

    assert opened == [("acme", "test")]


@pytest.mark.parametrize(
    ("operator", "name", "result"),
    [
        (ValidateBatchOperator(task_id="t", supplier_key="acme", batch_ids=["b1"]), "validate", {"new": 2}),
        (JudgeThresholdOperator(task_id="t", supplier_key="acme"), "judge", None),
        (RouteOperator(task_id="t", supplier_key="acme"), "route", {"assigned": 2}),
        (ListAccountsOperator(task_id="t", supplier_key="acme"), "accounts", ["sf-p001"]),
        (PushOperator(task_id="t", supplier_key="acme", account_id="sf-p001"), "push", {"sent": 2}),
        (WriteBackOperator(task_id="t", supplier_key="globex"), "write_back", {"sent": 2}),
        (SettleOperator(task_id="t", supplier_key="acme"), "settle", {"balanced": True}),
    ],
)
def test_a_task_makes_one_call_and_returns_its_counts(
    calls, opened, make_task_context, operator, name, result
):
    assert operator.execute(make_task_context()) == result
    assert [call[0] for call in calls] == [name]


def test_push_says_what_it_works_on(calls, make_task_context):
    context = make_task_context()

    PushOperator(task_id="push", supplier_key="acme", account_id="sf-p001").execute(context)

    assert context["ti"].pushed == {"subject": "sf-p001"}
    assert calls[0][1][3] == "sf-p001"


def test_of_accounts_that_share_a_task_one_that_fails_keeps_none_back(calls, monkeypatch, make_task_context):
    seen = []

    def push(*arguments):
        seen.append(arguments[3])
        if arguments[3] == "sf-p002" and fails:
            raise VendorUnavailable("later")
        return {"created": 2, "refused": 0}

    monkeypatch.setattr(distribution, "push", push)
    accounts = ["sf-p001", "sf-p002", "sf-p003"]
    operator = PushOperator(task_id="push", supplier_key="acme", account_id=accounts)

    fails, context = True, make_task_context()
    with pytest.raises(VendorUnavailable):
        operator.execute(context)
    assert (seen, context["ti"].pushed["subject"]) == (accounts, "sf-p002")

    fails, context = False, make_task_context()
    assert operator.execute(context) == {"created": 6, "refused": 0}
    assert context["ti"].pushed == {"subject": accounts}


@pytest.mark.parametrize(
    ("operator", "module", "name"),
    [
        (ListAccountsOperator(task_id="t", supplier_key="acme"), distribution, "accounts"),
        (FeedbackAccountsOperator(task_id="t", supplier_key="acme"), pull_back, "feedback_accounts"),
        (OpportunityAccountsOperator(task_id="t", supplier_key="acme"), pull_back, "opportunity_accounts"),
    ],
)
def test_more_accounts_than_airflow_maps_over_share_tasks(
    calls, monkeypatch, make_task_context, operator, module, name
):
    ids = [f"sf-p{number}" for number in range(1_201)]
    monkeypatch.setattr(module, name, lambda *_arguments: ids)

    result = operator.execute(make_task_context())

    assert len(result) <= 500
    assert [one for task in result for one in task] == ids


def test_a_supplier_without_write_back_is_not_even_called(home, calls, opened, make_task_context):
    mapping = chosen_mapping("acme", {})
    silent = mapping.model_copy(update={"supplier": "silent", "write_back": WriteBack()})
    runs.start_run(
        home, silent, run_id="run-1", dag_id="d", kind="scheduled", task="start", window=WINDOW
    )  # fmt: skip

    assert WriteBackOperator(task_id="t", supplier_key="silent").execute(make_task_context()) == {}
    assert (calls, opened) == ([], [])


def test_a_held_pull_fails_for_good_and_a_lost_vendor_for_now(calls, monkeypatch, make_task_context):
    def fail(*_arguments):
        raise error

    monkeypatch.setattr(distribution, "judge", fail)
    error = ThresholdExceeded("9 of 10 rows")
    with pytest.raises(AirflowFailException, match="ThresholdExceeded"):
        JudgeThresholdOperator(task_id="t", supplier_key="acme").execute(make_task_context())

    error = VendorUnavailable("down")
    with pytest.raises(VendorUnavailable):
        JudgeThresholdOperator(task_id="t", supplier_key="acme").execute(make_task_context())


def test_a_task_of_a_run_that_never_started_fails_for_good(home, make_task_context):
    with pytest.raises(AirflowFailException, match="UnknownRun"):
        RouteOperator(task_id="t", supplier_key="acme").execute(make_task_context())


def test_a_dry_run_tries_out_and_every_other_task_is_skipped(
    home, calls, opened, make_task_context, monkeypatch
):
    tried = []
    monkeypatch.setattr(
        "leadline.dry_run.dry_run", lambda *_, **values: tried.append(values) or {"leads": {}}
    )
    operator = DryRunOperator(task_id="dry_run", supplier="acme")

    assert operator.execute(make_task_context({"dry_run": True, "target": "test"})) == {"leads": {}}
    with pytest.raises(AirflowSkipException):
        operator.execute(make_task_context({"dry_run": False}))
    with pytest.raises(AirflowSkipException):
        PullLeadsOperator(task_id="p", supplier_key="acme").execute(make_task_context({"dry_run": True}))

    assert [values["run_id"] for values in tried] == ["run-1"]
    assert (opened, calls) == ([("acme", "test")], [])


def test_a_form_without_the_switch_is_that_of_dry_runs_alone(
    home, calls, opened, make_task_context, monkeypatch
):
    monkeypatch.setattr("leadline.dry_run.dry_run", lambda *_, **values: {"run": values["run_id"]})
    operator = DryRunOperator(task_id="dry_run", supplier="acme")
    form = ("window_start", "target")

    told = operator.execute(make_task_context({}, dag_id="acme_dry_run", form=form))
    with pytest.raises(AirflowFailException, match="no parameter dry_run"):
        operator.execute(make_task_context({"dry_run": True}, dag_id="acme_dry_run", form=form))

    # Not the name of a run that the hub may know: this run would then take over its window.
    assert told == {"run": "dry_run:run-1"}
    assert calls == []
