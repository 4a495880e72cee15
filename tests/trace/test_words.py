"""What a line of history says to somebody who never saw the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from leadline.routing.reasons import Reason
from leadline.trace import words

LONG = "x" * 300
A = "A0123456789"


@pytest.mark.parametrize(
    ("kind", "before", "after", "said"),
    [
        ("received", None, {"status": "unassigned"}, "received; waits for routing"),
        ("source_linked", None, {"identity": "i"}, "one more record of the source belongs to it: a.csv:3"),
        (
            "source_merged",
            {},
            {"identity": "i", "merged_into": "b.csv:4"},
            "the source merged its record a.csv:3 into b.csv:4",
        ),
        (
            "source_merged",
            {},
            {"identity": "i", "merged_into": "b.csv:4", "lead_id": "L1"},
            "the source merged its record a.csv:3 into b.csv:4, of lead L1",
        ),
        ("source_deleted", {}, {"identity": "i"}, "the source deleted its record a.csv:3"),
        ("source_restored", {}, {"identity": "i"}, "the source has its record a.csv:3 again"),
        ("updated", {"title": None}, {"title": LONG}, f"changed at the source: title: empty -> {LONG}"),
        (
            "assigned",
            None,
            {"assignment": A, "attempt": 1, "partner": "P1", "reason": "round_robin", "status": "pending"},
            "assigned to P1: it was the partner's turn",
        ),
        (
            "unassigned",
            None,
            {"attempt": 1, "reason": "required_no_match"},
            "left unassigned: a required rule left nobody",
        ),
        (
            "accepted",
            {"assignment": A, "status": "pending"},
            {"assignment": A, "partner": "P1", "status": "accepted", "via": "auto_accept"},
            "accepted by P1, at once, as the partner's settings say",
        ),
        (
            "rejected",
            {"assignment": A, "status": "pending"},
            {"assignment": A, "partner": "P1", "reasons": {"comment": "too far"}, "via": "crm"},
            "rejected by P1, in the CRM: comment = too far",
        ),
        (
            "deactivated",
            {"status": "unassigned"},
            {"reason": "source_deleted", "status": "deactivated"},
            "closed: the source had deleted it",
        ),
        (
            "pushed",
            None,
            {
                "account": "sf-1",
                "operation": "update",
                "object": "Lead",
                "record": "00Q1",
                "fields": ["City"],
            },
            "pushed: updated Lead 00Q1 in CRM account sf-1",
        ),
        (
            "push_refused",
            None,
            {"account": "sf-1", "assignment": A, "code": "TOO_LONG", "field": "City"},
            "push refused by CRM account sf-1: TOO_LONG: City",
        ),
        (
            "written_back",
            None,
            {"identity": "i", "sequence": 2, "values": {"status": "Accepted", "rep": None}},
            "told the source, record a.csv:3: rep = empty, status = Accepted",
        ),
        (
            "sales_status",
            {"sales_status": "open"},
            {"assignment": A, "partner": "P1", "record": "00Q1", "sales_status": "qualified", "word": "Won"},
            "sales status open -> qualified; the CRM says 'Won'",
        ),
        (
            "rep_assigned",
            {"email": None, "name": None},
            {"assignment": A, "email": "r@x.example", "name": "Robin"},
            "the partner's rep: empty -> Robin (r@x.example)",
        ),
        (
            "crm_updated",
            {"opt_in": None},
            {"assignment": A, "opt_in": False},
            "changed by the partner: opt_in: empty -> no",
        ),
        (
            "crm_converted",
            {"object": "Lead", "record": "00Q1"},
            {"assignment": A, "object": "Contact", "record": "0031"},
            "converted in the CRM: Lead 00Q1 is Contact 0031 now",
        ),
        ("crm_deleted", None, {"record": "00Q1", "missing": False}, "record 00Q1 is deleted in the CRM"),
        (
            "crm_deleted",
            None,
            {"record": "00Q1", "missing": True},
            "record 00Q1 is no longer found in the CRM",
        ),
        (
            "opportunity_updated",
            {"status": "open"},
            {"opportunity": "O1", "status": "won"},
            "opportunity O1 changed: status: open -> won",
        ),
        (
            "opportunity_written",
            None,
            {"opportunity": "O1", "record": "a01", "values": {"amount": "5"}},
            "opportunity O1 told to the source as a01: amount = 5",
        ),
        # a kind of a later version
        ("shown_around", {"colour": "red"}, {"colour": "blue"}, "shown around: colour: red -> blue"),
    ],
)
def test_a_line_of_history_is_a_sentence(kind: str, before: Any, after: Any, said: str) -> None:
    assert words.history({"kind": kind, "before": before, "after": after}, {"i": "a.csv:3"}) == said


def test_every_reason_has_words() -> None:
    assert [one for one in Reason if len(words.reason(one).split()) < 3] == []


def test_what_a_run_read_back_has_words() -> None:
    statement = Path(__file__).parents[2] / "include/sql/trace_run_changes.sql"
    kinds = re.findall(r"'([a-z_]+)'", statement.read_text(encoding="utf-8"))

    assert len(kinds) > 10
    assert [
        one for one in kinds if "_" in words.kind(one) or words.kind(one) == one.replace("_", " ") != one
    ] == []


@pytest.mark.parametrize(
    ("name", "said"),
    [("airflow", "by Leadline"), ("crm:sf-1", "by the partner, in CRM account sf-1"), ("ann", "by ann")],
)
def test_who_did_it_is_named(name: str, said: str) -> None:
    assert words.actor(name) == said
