"""What became of a run."""

from __future__ import annotations

import json

import pytest

from leadline.errors import UnknownRun
from leadline.hub import Hub
from leadline.mapping.model import Contacts
from leadline.notices import Failure, report_failure
from leadline.trace import trace_runs
from leadline.trace.text import run_lines
from tests.trace.story import RUN, tell

LEADS = {"a@example.com": "DE", "b@example.com": "AT", "c@example.com": "XX"}


def test_a_run_is_followed_from_file_over_batches_and_receipts_to_crm_and_status(hub: Hub) -> None:
    ids = tell(hub, "acme", LEADS)
    report_failure(hub, "acme", RUN, [Failure("push", "NotAllowed", "no")], Contacts())

    (traced,) = trace_runs(hub, RUN)

    assert (traced["supplier"], traced["run"], traced["kind"]) == ("acme", RUN, "manual")
    assert [(row["kind"], row["rows"], row["judged"]) for row in traced["pulls"]] == [("leads", 4, "passed")]
    assert [(row["name"], row["state"]) for row in traced["files"]] == [("leads_1.csv", "landed")]
    (batch,) = traced["batches"]
    assert (batch["file"], batch["rows"], batch["outcomes"]) == (
        "leads_1.csv",
        4,
        {"new": 3, "quarantined": 1},
    )
    assert sorted((row["outcome"], row["partner"], row["decisions"]) for row in traced["decisions"]) == [
        ("assigned", "P001", 2),
        ("unassigned", None, 1),
    ]
    assert sorted((row["status"], row["leads"]) for row in traced["leads"]) == [
        ("accepted", 2),
        ("unassigned", 1),
    ]
    assert sorted((row["account"], row["state"], row["deliveries"]) for row in traced["deliveries"]) == [
        ("sf-P001", "refused", 1),
        ("sf-P001", "sent", 1),
    ]
    assert {row["state"]: row["writebacks"] for row in traced["write_backs"]} == {"sent": 1, "waiting": 2}
    assert [row["task"] for row in traced["incidents"]] == ["push"]
    problems = {problem["step"]: problem for problem in traced["problems"]}
    assert (problems["check"]["file"], problems["check"]["line"]) == ("leads_1.csv", 2)
    assert problems["check"]["reasons"][0]["message"] == "is no e-mail address"
    assert problems["route"]["lead"] == ids["c@example.com"]
    assert problems["push"]["vendor_code"] == "STRING_TOO_LONG"
    assert len([problem for problem in traced["problems"] if problem["step"] == "write_back"]) == 2


def test_runs_of_one_name_are_told_apart_by_supplier(hub: Hub) -> None:
    tell(hub, "globex", {"a@example.com": "FR"})
    tell(hub, "acme", LEADS)

    assert [traced["supplier"] for traced in trace_runs(hub, RUN)] == ["acme", "globex"]
    (only,) = trace_runs(hub, RUN, "globex")
    assert only["supplier"] == "globex"
    assert [row["account"] for row in only["deliveries"]] == ["sf-P002"]


def test_a_run_that_nobody_had_is_an_error(hub: Hub) -> None:
    tell(hub, "acme", LEADS)

    with pytest.raises(UnknownRun, match="there is no run 'x'"):
        trace_runs(hub, "x")
    with pytest.raises(UnknownRun, match="acme has no run 'x'"):
        trace_runs(hub, "x", "acme")


def test_the_trace_of_a_run_holds_nothing_of_its_leads_but_their_ids(hub: Hub) -> None:
    tell(hub, "acme", LEADS)

    text = json.dumps(trace_runs(hub, RUN)) + "\n".join(run_lines(trace_runs(hub, RUN)[0]))

    assert "@example.com" not in text


def test_the_text_names_each_problem_row_by_file_and_line(hub: Hub) -> None:
    tell(hub, "acme", LEADS)

    text = "\n".join(run_lines(trace_runs(hub, RUN)[0]))

    for words in (
        "4 rows of leads, passed",
        "leads_1.csv  4 rows: 3 new, 1 quarantined",
        "2 assigned to P001",
        "check: leads_1.csv:2: email: is no e-mail address",
        "STRING_TOO_LONG: City: too long",
        "1 sent",
    ):
        assert words in text, text


def test_what_a_run_accepted_itself_was_not_read_back(hub: Hub) -> None:
    tell(hub, "acme", {"a@example.com": "DE"})

    (traced,) = trace_runs(hub, RUN, "acme")

    assert [row["status"] for row in traced["leads"]] == ["accepted"]
    assert traced["read_back"] == []
