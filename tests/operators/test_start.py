from __future__ import annotations

from datetime import UTC, datetime

import pytest
from airflow.sdk.exceptions import AirflowFailException

from leadline.errors import ConfigurationError, UnknownRun
from leadline.ports import Window
from leadline.runs import pinned_mapping, run_window
from leadline.settings import settings
from leadline.trace import trace_runs
from operators.start import StartRunOperator, chosen_mapping, window_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = (datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))


@pytest.mark.parametrize(
    ("run", "params", "window"),
    [
        # what came since the watermark
        ({}, {}, None),
        ({"data_interval_start": DAY[0], "data_interval_end": DAY[1]}, {}, None),
        ({"run_type": "manual"}, {"window_start": None, "window_end": ""}, None),
        # a form's window
        (
            {"run_type": "manual"},
            {"window_start": "2026-11-01T00:00:00Z", "window_end": "2026-11-02T00:00:00+01:00"},
            Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, 23, tzinfo=UTC), archive=True),
        ),
        (
            {"run_type": "manual"},
            {"window_start": "2026-11-01T00:00:00", "archive": False, "resend": True},
            Window(datetime(2026, 11, 1, tzinfo=UTC), NOON, resend=True),
        ),
        ({"run_type": "manual"}, {"window_end": "2026-11-01T00:00:00Z"},
         Window(None, datetime(2026, 11, 1, tzinfo=UTC), archive=True)),
        # a resend alone is about the inbox, not the archive
        ({"run_type": "manual"}, {"resend": True}, Window(None, NOON, resend=True)),
        ({"run_type": "manual"}, {"campaigns": ["701"]}, Window(None, NOON, campaigns=("701",))),
        # Airflow's form names a logical date, which stands for an interval that ended this morning
        (
            {"run_type": "manual", "data_interval_start": DAY[0], "data_interval_end": DAY[1]},
            {"window_start": "2026-11-20T00:00:00Z", "archive": False},
            Window(DAY[0], NOON),
        ),
        # a backfill's day
        (
            {"run_type": "backfill", "data_interval_start": DAY[0], "data_interval_end": DAY[1]},
            {},
            Window(*DAY, archive=True),
        ),
    ],
)  # fmt: skip
def test_a_run_reads_what_it_names(make_task_context, run, params, window):
    context = make_task_context(params, **run)

    assert window_of(context["dag_run"], context["params"]) == window


@pytest.mark.parametrize(
    "params",
    [
        {"window_start": "2026-11-10T00:00:00Z", "window_end": "2026-11-01T00:00:00Z"},
        {"window_start": "2026-11-10T00:00:00Z", "window_end": "2026-11-10T01:00:00+01:00"},
        {"window_start": "2027-11-01T00:00:00Z"},  # the wrong year: what comes until now is not in it
    ],
)
def test_a_window_that_holds_nothing_is_no_quiet_success(home, make_task_context, params):
    operator = StartRunOperator(task_id="start", supplier="acme")

    with pytest.raises(AirflowFailException, match="the window holds nothing: it begins at 202"):
        operator.execute(make_task_context(params, run_type="manual"))


def test_a_parameter_that_the_form_does_not_have_is_refused(home, make_task_context):
    operator = StartRunOperator(task_id="start", supplier="acme")
    form = ("dry_run", "window_start")

    with pytest.raises(AirflowFailException, match="no parameter dryrun; the form has dry_run, window_start"):
        operator.execute(make_task_context({"dryrun": True}, run_type="manual", form=form))

    with pytest.raises(UnknownRun):
        run_window(home, "acme", "run-1")
    assert operator.execute(make_task_context({"dry_run": False}, run_type="manual", form=form)) == "acme"


def test_a_run_is_pinned_and_says_whose_it_is(home, make_task_context):
    operator = StartRunOperator(task_id="start", supplier="acme")
    context = make_task_context({"window_start": "2026-11-01T00:00:00Z"}, run_type="manual", user="ops")

    assert operator.execute(context) == "acme"
    assert operator.execute(context) == "acme"

    assert pinned_mapping(home, "acme", run_id="run-1").supplier == "acme"
    assert run_window(home, "acme", "run-1").start == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_deleted_runs_name_is_no_way_to_another_window(home, make_task_context):
    operator = StartRunOperator(task_id="start", supplier="acme")
    first = {"window_start": "2026-11-01T00:00:00Z", "window_end": "2026-11-02T00:00:00Z"}
    other = {"window_start": "2026-11-05T00:00:00Z", "archive": False}
    operator.execute(make_task_context(first, run_type="manual"))

    with pytest.raises(AirflowFailException) as refused:
        operator.execute(make_task_context(other, run_type="manual"))

    assert str(refused.value) == (
        "FormRefused: acme: a run 'run-1' was started before, and reads what came from "
        "2026-11-01T00:00:00Z to 2026-11-02T00:00:00Z, archive; this one asks for what came from "
        "2026-11-05T00:00:00Z to 2026-11-22T12:00:00Z: start it under another id"
    )
    assert operator.execute(make_task_context(first, run_type="manual")) == "acme"  # cleared


def test_a_run_by_hand_reads_what_came_until_it_was_asked_for(home, make_task_context):
    operator = StartRunOperator(task_id="start", supplier="acme")
    interval = {"data_interval_start": DAY[0], "data_interval_end": DAY[1]}
    operator.execute(make_task_context(run_type="manual", **interval))
    operator.execute(make_task_context(run_type="scheduled", **interval) | {"run_id": "run-2"})

    assert run_window(home, "acme", "run-1").end == NOON
    assert run_window(home, "acme", "run-2").end == DAY[1]


def test_a_run_may_name_the_test_target(home, make_task_context):
    operator = StartRunOperator(task_id="start", supplier="acme")

    assert operator.execute(make_task_context({"target": "test"})) == "acme~test"
    assert pinned_mapping(home, "acme~test", run_id="run-1").target == "test"


def test_the_environment_may_name_the_target_and_the_run_beats_it(home, monkeypatch):
    monkeypatch.setenv("LEADLINE_TARGETS", "acme=test")
    settings.cache_clear()

    assert chosen_mapping("acme", {}).key() == "acme~test"
    assert chosen_mapping("acme", {"target": "production"}).key() == "acme"
    with pytest.raises(ConfigurationError, match="'stage'"):
        chosen_mapping("acme", {"target": "stage"})


def test_an_unknown_supplier_fails_at_once(home, make_task_context):
    with pytest.raises(AirflowFailException, match="nobody"):
        StartRunOperator(task_id="start", supplier="nobody").execute(make_task_context())


def test_dags_that_start_at_the_same_minute_have_runs_of_their_own(home, make_task_context):
    reads = StartRunOperator(task_id="start", supplier="acme", reads_source=False)
    for dag_id in ("acme_feedback", "acme_opportunities"):
        reads.execute(make_task_context(dag_id=dag_id))

    StartRunOperator(task_id="start", supplier="acme").execute(make_task_context())

    assert run_window(home, "acme", "run-1").end == NOON  # the distribution still reads its own window
    for name in ("feedback:run-1", "opportunities:run-1"):
        assert run_window(home, "acme", name) is None
    found = trace_runs(home, "run-1", "acme")
    assert sorted(one["run"] for one in found) == ["feedback:run-1", "opportunities:run-1", "run-1"]
