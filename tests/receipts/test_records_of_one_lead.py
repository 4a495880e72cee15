"""Two records of one lead: whose values it has, and what becomes of it when one of them ends."""

from __future__ import annotations

import json

import pytest

from leadline.receipts import Counts
from tests.receipts.standing import decide, history

EARLY, LATE, LATER, LAST = (f"2026-02-0{day}T00:00:00.000+0000" for day in (1, 2, 3, 4))
SAME = {"email": "a@b.example"}


def companies(intake) -> list[str]:
    found = [json.loads(one) if isinstance(one, str) else one for one in intake.rows("lead", "attributes")]
    return [one["company"] for one in found]


def test_a_record_that_comes_late_does_not_undo_what_another_one_says(intake, record) -> None:
    newer = record("1", **SAME, company="Newer", stamp=LATE)
    intake.take(newer)

    late = intake.take(record("2", **SAME, company="Older", stamp=EARLY), run_id="run-2")
    again = intake.take(newer, run_id="run-3")

    assert (late, again) == (Counts(known=1), Counts(known=1))
    assert companies(intake) == ["Newer"]
    assert len(intake.rows("source_link", "record_id")) == 2

    intake.take(record("2", **SAME, company="Newest", stamp=LATER), run_id="run-4")
    assert companies(intake) == ["Newest"]


def test_of_two_records_in_one_batch_the_newer_one_counts_wherever_it_stands(intake, record) -> None:
    newer = record("1", **SAME, company="Newer", stamp=LATE)
    older = record("2", **SAME, company="Older", stamp=EARLY)

    intake.take(newer, older)

    assert companies(intake) == ["Newer"]


@pytest.mark.parametrize("survivor_first", [True, False])
def test_what_a_record_brought_leaves_with_it(intake, record, survivor_first: bool) -> None:
    intake.take(record("1", **SAME, company="Stays", stamp=EARLY))
    intake.take(record("2", **SAME, company="Leaves", stamp=LATE), run_id="run-2")
    assert companies(intake) == ["Leaves"]

    both = [
        record("1", **SAME, company="Stays", stamp=LATER),
        record("2", **SAME, stamp=LAST, deleted=True, merged_into="1"),
    ]
    counts = intake.take(*(both if survivor_first else reversed(both)), run_id="run-3")
    again = intake.take(*both, run_id="run-4")

    assert companies(intake) == ["Stays"]
    assert (counts, again) == (Counts(updated=2), Counts(known=2))


def test_the_survivors_values_count_when_it_is_read_after_the_merge(intake, record) -> None:
    intake.take(record("1", **SAME, company="Stays", stamp=EARLY))
    intake.take(record("2", **SAME, company="Leaves", stamp=LATE), run_id="run-2")

    intake.take(record("2", **SAME, stamp=LATER, deleted=True, merged_into="1"), run_id="run-3")
    intake.take(record("1", **SAME, company="Stays", stamp=LATER), run_id="run-4")

    assert companies(intake) == ["Stays"]


def test_a_survivor_that_ends_before_it_came_ends_those_that_went_into_it(intake, record) -> None:
    intake.take(record("1", stamp=EARLY))
    decide(intake, "accepted")
    intake.take(record("1", stamp=LATE, deleted=True, merged_into="2"), run_id="run-2")
    assert intake.rows("lead", "status", "source_deleted") == [("accepted", False)]

    ended = record("2", stamp=LATER, deleted=True)
    counts = intake.take(ended, run_id="run-3")
    again = intake.take(ended, run_id="run-4")

    assert (counts, again) == (Counts(updated=1), Counts(known=1))
    assert intake.rows("lead", "status", "source_deleted") == [("accepted", True)]
    assert [kind for kind, _, _ in history(intake)][-1] == "source_deleted"


def test_a_record_merged_twice_before_its_survivor_came_is_one_lead_with_it(intake, record) -> None:
    intake.take(record("1", stamp=EARLY))
    intake.take(record("1", stamp=LATE, deleted=True, merged_into="2"), run_id="run-2")
    intake.take(record("2", stamp=LATER, deleted=True, merged_into="3"), run_id="run-3")

    intake.take(record("3", company="Survivor", stamp=LAST), run_id="run-4")

    assert companies(intake) == ["Survivor"]
    assert set(intake.rows("source_link", "lead_id")) == set(intake.rows("lead", "lead_id"))
