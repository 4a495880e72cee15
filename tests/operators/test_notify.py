from __future__ import annotations

from contextlib import contextmanager

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from sqlalchemy import select

from leadline.errors import VendorUnavailable
from leadline.hub.schema import incident, mail
from operators.notify import NotifyFailureOperator
from tests.operators.conftest import TaskInstance

TASKS = ("start", "pull_leads", "validate", "push", "step_1", "notify_failure")


@pytest.fixture
def box(monkeypatch):
    """Return the mails that left, or what keeps them from leaving."""
    box = {"sent": [], "error": None}

    @contextmanager
    def mail_sender():
        def send(message):
            if box["error"]:
                raise box["error"]
            box["sent"].append(message)

        yield send

    monkeypatch.setattr("hooks.smtp.mail_sender", mail_sender)
    return box


@pytest.fixture
def notify(home, box, make_task_context):
    """Return a function that runs the last task of a run in which tasks ended so."""

    def run(states, left=(), params=None, run_id="run-1", kind="distribution"):
        ti = TaskInstance(states=states, left=dict(left))
        context = make_task_context(params, task_ids=TASKS, ti=ti) | {"run_id": run_id}
        context["dag_run"].dag_id = f"acme_{kind}"
        NotifyFailureOperator(task_id="notify_failure", supplier="acme").execute(context)

    return run


def failure(cause="CredentialsRefused", message="the server refuses the log-in"):
    return {"cause": cause, "message": message}


def incidents(hub):
    with hub.reading() as connection:
        return {
            (row.task, row.cause): row.closed_at is None for row in connection.execute(select(incident)).all()
        }


def test_a_healthy_run_skips_the_mail(home, box, notify):
    with pytest.raises(AirflowSkipException):
        notify(
            {"start": "success", "pull_leads": "success", "push_0": "skipped", "notify_failure": "running"}
        )

    assert (box["sent"], incidents(home)) == ([], {})


def test_one_mail_tells_of_all_failures_and_the_run_stays_red(home, box, notify):
    left = {
        ("pull_leads", -1, "failure"): failure(),
        ("push", 0, "failure"): failure("VendorUnavailable", "the org is down"),
        ("push", 0, "subject"): "sf-p001",
        ("push", 1, "subject"): "sf-p002",
    }
    states = {"start": "success", "pull_leads": "failed", "push_0": "failed", "push_1": "success"}

    with pytest.raises(AirflowFailException, match=r"pull_leads, push:sf-p001"):
        notify({**states, "route": "upstream_failed"}, left)

    assert incidents(home) == {
        ("pull_leads", "CredentialsRefused"): True,
        ("push:sf-p001", "VendorUnavailable"): True,
    }
    texts = {one.recipient: one.text for one in box["sent"]}
    assert len(texts) == len(box["sent"]) >= 1
    for text in texts.values():
        assert "the server refuses the log-in" in text
        assert "http://airflow.example:8080/dags/acme_distribution/runs/run-1/tasks/push/mapped/0" in text


def test_the_suppliers_people_hear_nothing_of_the_platforms_trouble(home, box, notify):
    left = {
        ("pull_leads", -1, "failure"): failure("StagingUnavailable", "no space left"),
        ("push", 0, "subject"): "sf-p001",  # whose worker was killed
    }

    with pytest.raises(AirflowFailException):
        notify({"pull_leads": "failed", "push_0": "failed"}, left)

    (mail,) = box["sent"]
    assert mail.recipient == "platform@leadline.example"
    for words in ("no space left", "push:sf-p001", "it was killed"):
        assert words in mail.text


def test_the_same_trouble_is_mailed_once_and_told_again_after_it_was_mended(home, box, notify):
    left = {("pull_leads", -1, "failure"): failure()}
    for run_id in ("run-1", "run-2"):
        with pytest.raises(AirflowFailException):
            notify({"pull_leads": "failed"}, left, run_id=run_id)
    once = len(box["sent"])
    with pytest.raises(AirflowSkipException):
        notify({"pull_leads": "success"}, run_id="run-3")
    assert not any(incidents(home).values())

    with pytest.raises(AirflowFailException):
        notify({"pull_leads": "failed"}, left, run_id="run-4")

    assert len(box["sent"]) == 2 * once > 0


def test_a_task_of_one_name_in_another_dag_neither_mends_nor_hides_the_trouble(home, box, notify):
    left = {("start", -1, "failure"): failure()}
    with pytest.raises(AirflowFailException):
        notify({"start": "failed"}, left)
    once = len(box["sent"])
    with pytest.raises(AirflowSkipException):
        notify({"start": "success"}, kind="feedback")
    with pytest.raises(AirflowFailException, match="feedback:start"):
        notify({"start": "failed"}, left, kind="feedback", run_id="run-2")

    assert incidents(home) == {
        ("start", "CredentialsRefused"): True,
        ("feedback:start", "CredentialsRefused"): True,
    }
    assert len(box["sent"]) == 2 * once > 0


def test_a_partner_that_works_again_closes_its_own_incident_only(home, notify):
    subjects = {("push", 0, "subject"): "sf-p001", ("push", 1, "subject"): "sf-p002"}
    failed = {("push", 0, "failure"): failure(), ("push", 1, "failure"): failure()}
    with pytest.raises(AirflowFailException):
        notify({"push_0": "failed", "push_1": "failed"}, subjects | failed)

    with pytest.raises(AirflowFailException):
        notify({"push_0": "success", "push_1": "failed"}, subjects | failed, run_id="run-2")

    assert incidents(home) == {
        ("push:sf-p001", "CredentialsRefused"): False,
        ("push:sf-p002", "CredentialsRefused"): True,
    }


def test_accounts_that_share_a_task_have_incidents_of_their_own(home, notify):
    both = {("push", 0, "subject"): ["sf-p001", "sf-p002"]}
    one = {("push", 0, "subject"): "sf-p002", ("push", 0, "failure"): failure()}
    with pytest.raises(AirflowFailException, match="push:sf-p002"):
        notify({"push_0": "failed"}, one)
    assert incidents(home) == {("push:sf-p002", "CredentialsRefused"): True}

    with pytest.raises(AirflowSkipException):
        notify({"push_0": "success"}, both, run_id="run-2")

    assert incidents(home) == {("push:sf-p002", "CredentialsRefused"): False}


def test_a_task_that_failed_in_one_part_is_not_mended_by_the_others(home, notify):
    left = {("validate", 0, "failure"): failure()}
    for run_id in ("run-1", "run-2"):
        with pytest.raises(AirflowFailException):
            notify({"validate_0": "failed", "validate_1": "success"}, left, run_id=run_id)

    with home.reading() as connection:
        (row,) = connection.execute(select(incident)).all()
    assert (row.task, row.count, row.closed_at) == ("validate", 2, None)


def test_what_a_form_was_refused_is_mailed_to_nobody_and_keeps_the_run_red(home, box, notify):
    left = {
        ("start", -1, "failure"): failure("FormRefused", "there is no parameter dryrun"),
        ("push", -1, "failure"): failure(),
    }

    with pytest.raises(AirflowFailException, match="failed in this run: start"):
        notify({"start": "failed"}, left)

    assert box["sent"] == []
    with pytest.raises(AirflowFailException):
        notify({"start": "failed", "push": "failed"}, left, run_id="run-2")
    assert all("push failed" in one.subject for one in box["sent"])
    assert box["sent"]


def test_a_task_that_was_killed_is_told_of_too(home, notify):
    with pytest.raises(AirflowFailException):
        notify({"start": "failed"})

    assert incidents(home) == {("start", "unknown"): True}


def test_a_task_whose_name_ends_in_a_number_is_no_mapped_one(home, notify):
    with pytest.raises(AirflowFailException, match="step_1"):
        notify({"step_1": "failed"}, {("step_1", -1, "failure"): failure()})


def test_mails_wait_while_the_mail_server_is_down(home, box, notify):
    box["error"] = VendorUnavailable("no mail today")

    with pytest.raises(AirflowFailException, match="pull_leads"):
        notify({"pull_leads": "failed"})

    with home.reading() as connection:
        assert {row.state for row in connection.execute(select(mail))} == {"waiting"}


def test_a_dry_run_mails_nobody_and_opens_nothing(home, box, notify):
    with pytest.raises(AirflowFailException):
        notify({"pull_leads": "failed"}, params={"dry_run": True})

    assert (box["sent"], incidents(home)) == ([], {})


def test_it_waits_for_every_task_however_it_ends():
    assert NotifyFailureOperator(task_id="n", supplier="acme").trigger_rule == "all_done"
