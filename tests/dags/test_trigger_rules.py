"""What still runs when something before it failed: the truth table of the distribution run's trigger rules.

The tasks do nothing but succeed, fail or return what a case says; the DAG, its rules and the failure mail are
the real ones.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest

from leadline.errors import (
    BooksDoNotBalance,
    ChecksFailed,
    CredentialsRefused,
    LeftUnfinished,
    ThresholdExceeded,
    UnreadableFile,
)
from operators import (
    events,
    files,
    preflight,
    pull,
    push,
    replay,
    route,
    settle,
    start,
    take_up,
    validate,
    write_back,
)
from tests.dags.runs import Ended, run

WORKERS = {
    "start": start.StartRunOperator,
    "pull_campaigns": pull.PullCampaignsOperator,
    "pull_leads": pull.PullLeadsOperator,
    "validate": validate.ValidateBatchOperator,
    "judge": validate.JudgeThresholdOperator,
    "put_away": files.PutAwayOperator,
    "pull_events": events.PullEventsOperator,
    "take_up": take_up.TakeUpOperator,
    "route": route.RouteOperator,
    "accounts": route.ListAccountsOperator,
    "push": push.PushOperator,
    "write_back": write_back.WriteBackOperator,
    "settle": settle.SettleOperator,
    "replay": replay.ReplayOperator,
    "preflight": preflight.PreflightOperator,
}
USUAL: dict[str, Any] = {
    "start": "north",
    "pull_campaigns": [],
    "pull_leads": [["b1"], ["b2"]],
    "accounts": ["a1", "a2"],
    "replay": [["b1"]],
}
OK, FAILED, SKIPPED, NOT_REACHED = "success", "failed", "skipped", "upstream_failed"


@pytest.fixture
def play(house, airflow_database, monkeypatch):
    """Return a function that runs a DAG whose tasks do what a case says.

    An error is raised, anything else is returned; `{"a1": error}` says it for one instance of a mapped task.
    """
    sent = []

    @contextmanager
    def mail_sender():
        yield sent.append

    monkeypatch.setattr("hooks.smtp.mail_sender", mail_sender)

    def play(dag_id="north_distribution", conf=None, **says: Any) -> Ended:
        for name, operator in WORKERS.items():
            answer = says.get(name, USUAL.get(name, {}))

            def work(self, context, answer=answer):
                subject = getattr(self, "account_id", None) or getattr(self, "batch_ids", [None])[0]
                said = answer.get(subject) if isinstance(answer, dict) else answer
                if isinstance(said, Exception):
                    raise said
                return said

            monkeypatch.setattr(operator, "work", work)
        sent.clear()
        return run(dag_id, conf)

    play.sent = sent
    return play


ALL_WELL = {
    "start": OK,
    "dry_run": SKIPPED,
    "pull_campaigns": OK,
    "validate_campaigns": SKIPPED,  # no batch of campaigns
    "pull_leads": OK,
    "validate[0]": OK,
    "validate[1]": OK,
    "judge": OK,
    "put_away": OK,
    "take_up": OK,
    "route": OK,
    "accounts": OK,
    "push[0]": OK,
    "push[1]": OK,
    "write_back": OK,
    "settle": OK,
    "notify_failure": SKIPPED,
}
NO_BATCHES = {"validate[0]": None, "validate[1]": None}
NO_ACCOUNTS = {"push[0]": None, "push[1]": None}
NOTHING_DRAINED = dict.fromkeys(("take_up", "route", "accounts", "write_back", "settle"), SKIPPED)

CASES = {
    "all is well": ({}, {}),
    "nothing came": ({"pull_leads": []}, NO_BATCHES | {"validate": SKIPPED}),
    "nothing waits for a CRM": ({"accounts": []}, NO_ACCOUNTS | {"push": SKIPPED}),
    "nothing came and nothing waits": (
        {"pull_leads": [], "accounts": []},
        NO_BATCHES | NO_ACCOUNTS | {"validate": SKIPPED, "push": SKIPPED},
    ),
    "the run cannot start": (
        {"start": CredentialsRefused("no")},
        NO_BATCHES
        | NO_ACCOUNTS
        | NOTHING_DRAINED
        | {"start": FAILED, "pull_campaigns": NOT_REACHED, "validate_campaigns": NOT_REACHED}
        | {"pull_leads": NOT_REACHED, "validate": NOT_REACHED, "judge": NOT_REACHED}
        | {"put_away": NOT_REACHED, "push": NOT_REACHED},
    ),
    "campaigns cannot be pulled": (
        {"pull_campaigns": CredentialsRefused("no")},
        NO_BATCHES
        | {"pull_campaigns": FAILED, "validate_campaigns": NOT_REACHED, "pull_leads": NOT_REACHED}
        | {"validate": NOT_REACHED, "judge": NOT_REACHED, "put_away": NOT_REACHED},
    ),
    "leads cannot be pulled": (
        {"pull_leads": CredentialsRefused("no")},
        NO_BATCHES
        | {"pull_leads": FAILED, "validate": NOT_REACHED, "judge": NOT_REACHED, "put_away": NOT_REACHED},
    ),
    "one batch cannot be judged": (
        {"validate": {"b2": ChecksFailed("no")}},
        {"validate[1]": FAILED, "judge": NOT_REACHED, "put_away": NOT_REACHED},
    ),
    "too many bad rows": ({"judge": ThresholdExceeded("9 of 10")}, {"judge": FAILED}),
    "what a dead run left is held": ({"take_up": LeftUnfinished(["9 of 10"])}, {"take_up": FAILED}),
    "a file cannot be read": ({"put_away": UnreadableFile("empty", "nothing in it")}, {"put_away": FAILED}),
    "routing fails": ({"route": RuntimeError("bug")}, {"route": FAILED}),
    "the queues cannot be listed": (
        {"accounts": RuntimeError("bug")},
        NO_ACCOUNTS | {"accounts": FAILED, "push": NOT_REACHED},
    ),
    "one partner's CRM is down": ({"push": {"a1": CredentialsRefused("no")}}, {"push[0]": FAILED}),
    "every partner's CRM is down": (
        {"push": {"a1": CredentialsRefused("no"), "a2": CredentialsRefused("no")}},
        {"push[0]": FAILED, "push[1]": FAILED},
    ),
    "the supplier takes no status": ({"write_back": CredentialsRefused("no")}, {"write_back": FAILED}),
    "the books do not balance": ({"settle": BooksDoNotBalance(["a row is lost"])}, {"settle": FAILED}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_follows_a_failure(house, play, case):
    says, changed = CASES[case]
    expected = {name: state for name, state in (ALL_WELL | changed).items() if state is not None}
    red = FAILED in expected.values()

    ended = play(**says)

    assert ended.tasks == expected | {"notify_failure": FAILED if red else SKIPPED}
    assert ended.state == (FAILED if red else OK)
    bug = any(isinstance(said, RuntimeError) for said in says.values())  # nothing that the supplier can mend
    told = "platform@leadline.example" if bug else "ops@north.example"
    assert [mail.recipient for mail in play.sent] == ([told] if red else [])


REPLAYED = {
    name: ALL_WELL[name]
    for name in (
        "start",
        "judge",
        "take_up",
        "route",
        "accounts",
        "push[0]",
        "push[1]",
        "write_back",
        "settle",
    )
} | {"replay": OK, "validate[0]": OK}
REPLAYS = {
    "rows are taken again": ({}, {}),
    "there is nothing to take": ({"replay": []}, {"validate[0]": None, "validate": SKIPPED}),
    "rows cannot be taken": (
        {"replay": ChecksFailed("no")},
        {"replay": FAILED, "validate[0]": None, "validate": NOT_REACHED, "judge": NOT_REACHED},
    ),
}


@pytest.mark.parametrize("case", REPLAYS)
def test_what_follows_in_a_replay(house, play, case):
    says, changed = REPLAYS[case]
    expected = {name: state for name, state in (REPLAYED | changed).items() if state is not None}
    red = FAILED in expected.values()

    ended = play("north_replay", {"run": "run-1"}, **says)

    assert ended.tasks == expected | {"notify_failure": FAILED if red else SKIPPED}
    assert ended.state == (FAILED if red else OK)
