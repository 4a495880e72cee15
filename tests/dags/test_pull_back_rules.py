"""What still runs of feedback and opportunities when something before it failed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest

from leadline.errors import BooksDoNotBalance, ConfigurationError, CredentialsRefused
from operators import pull_back, settle, start, write_back
from tests.dags.runs import Ended, run

OK, FAILED, SKIPPED, NOT_REACHED = "success", "failed", "skipped", "upstream_failed"
WELL = {
    "start": OK, "accounts": OK, "read[0]": OK, "read[1]": OK, "write_back": OK, "settle": OK,
    "notify_failure": SKIPPED,
}  # fmt: skip
NO_READS = {"read[0]": None, "read[1]": None}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "all is well": ({}, {}),
    "there is nothing to read": ({"accounts": []}, NO_READS | {"read": SKIPPED}),
    "one CRM is down": ({"read": {"a1": CredentialsRefused("no")}}, {"read[0]": FAILED}),
    "the accounts cannot be listed": (
        {"accounts": ConfigurationError("no such account")},
        NO_READS | {"accounts": FAILED, "read": NOT_REACHED},
    ),
    "the run cannot start": (
        {"start": ConfigurationError("no")},
        NO_READS
        | {"start": FAILED, "accounts": NOT_REACHED, "read": NOT_REACHED}
        | {"write_back": SKIPPED, "settle": SKIPPED},
    ),
    "the supplier takes nothing": ({"write_back": CredentialsRefused("no")}, {"write_back": FAILED}),
    "the books do not balance": ({"settle": BooksDoNotBalance(["1"])}, {"settle": FAILED}),
}


@pytest.fixture
def play(house, airflow_database, monkeypatch):
    """Return a function that runs a DAG whose tasks say what a case tells them to."""

    @contextmanager
    def mail_sender():
        yield lambda mail: None

    monkeypatch.setattr("hooks.smtp.mail_sender", mail_sender)

    def play(kind: str, **says: Any) -> Ended:
        feedback = kind == "feedback"
        workers = {
            "start": start.StartRunOperator,
            "accounts": pull_back.FeedbackAccountsOperator
            if feedback
            else pull_back.OpportunityAccountsOperator,
            "read": pull_back.ReadFeedbackOperator if feedback else pull_back.ReadOpportunitiesOperator,
            "write_back": write_back.WriteBackOperator,
            "settle": settle.SettleOperator,
        }
        usual = {"start": "north", "accounts": ["a1", "a2"]}
        for name, operator in workers.items():
            answer = says.get(name, usual.get(name, {}))

            def work(self, context, answer=answer):
                said = answer.get(getattr(self, "account_id", None)) if isinstance(answer, dict) else answer
                if isinstance(said, Exception):
                    raise said
                return said

            monkeypatch.setattr(operator, "work", work)
        return run(f"north_{kind}")

    return play


@pytest.mark.parametrize("kind", ["feedback", "opportunities"])
@pytest.mark.parametrize("case", CASES)
def test_what_follows_a_failure(play, kind, case):
    says, changed = CASES[case]
    expected = {name: state for name, state in (WELL | changed).items() if state is not None}
    red = FAILED in expected.values()

    ended = play(kind, **says)

    assert ended.tasks == expected | {"notify_failure": FAILED if red else SKIPPED}
