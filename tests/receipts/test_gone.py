"""What becomes of leads whose records are deleted or merged at the source, and come back."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from leadline.hub.schema import assignment
from leadline.receipts import Counts
from tests.receipts.standing import decide, history


def test_a_deletion_closes_a_lead_that_waits_for_a_person_and_its_return_reopens_it(intake, record) -> None:
    intake.take(record("1"))
    decide(intake, "unassigned")

    assert intake.take(record("1", deleted=True), run_id="run-2") == Counts(updated=1)
    closed = intake.rows("lead", "status", "source_deleted")
    assert intake.take(record("1", deleted=True), run_id="run-3") == Counts(known=1)
    assert intake.take(record("1"), run_id="run-4") == Counts(updated=1)

    assert closed == [("deactivated", True)]
    assert intake.rows("lead", "status", "source_deleted") == [("unassigned", False)]
    assert {kind for kind, _, _ in history(intake)} == {"source_deleted", "deactivated", "source_restored"}


def test_a_lead_that_nobody_was_left_for_waits_again_when_its_record_returns(intake, record) -> None:
    ctx = intake.start()
    intake.receive(ctx, intake.land(ctx, record("1")).batches[0])
    (lead_id,) = intake.rows("lead", "lead_id")
    with intake.hub.transaction() as connection:  # its partner said no, and there was no other
        gone = {"attempt": 1, "partner_id": "p1", "status": "rejected", "active": False, "cause": "rules"}
        who = {"lead_id": lead_id, "run_id": "run-1", "actor": "airflow", "assigned_at": 1}
        connection.execute(insert(assignment).values(supplier="acme", assignment_id="A1", **gone, **who))
    decide(intake, "unassigned")

    intake.take(record("1", deleted=True), run_id="run-2")
    closed = intake.rows("lead", "status", "source_deleted")
    intake.take(record("1"), run_id="run-3")

    assert closed == [("deactivated", True)]
    assert intake.rows("lead", "status", "source_deleted") == [("unassigned", False)]


def test_a_deletion_flags_a_distributed_lead(intake, record) -> None:
    intake.take(record("1"))
    decide(intake, "accepted")

    intake.take(record("1", deleted=True), run_id="run-2")

    assert intake.rows("lead", "status", "source_deleted") == [("accepted", True)]


def test_a_lead_with_another_record_left_is_not_closed(intake, record) -> None:
    intake.take(record("1", email="a@b.example"), record("2", email="a@b.example"))
    decide(intake, "unassigned")

    intake.take(record("1", email="a@b.example", deleted=True), run_id="run-2")

    assert intake.rows("lead", "status", "source_deleted") == [("unassigned", False)]


def test_what_was_deleted_before_it_came_founds_no_lead(intake, record) -> None:
    assert intake.take(record("1", deleted=True)) == Counts(filtered=1)
    assert intake.rows("lead", "lead_id") == []


def test_a_merge_moves_the_link_to_the_survivors_lead(intake, record) -> None:
    intake.take(record("1"), record("2"))
    decide(intake, "unassigned")
    leads = dict(intake.rows("source_link", "record_id", "lead_id"))

    counts = intake.take(record("1", deleted=True, merged_into="2"), run_id="run-2")
    again = intake.take(record("1", deleted=True, merged_into="2"), run_id="run-3")

    assert (counts, again) == (Counts(updated=1), Counts(known=1))
    assert intake.rows("source_link", "record_id", "lead_id", "merged_into") == [
        ("1", leads["2"], "2"),
        ("2", leads["2"], None),
    ]
    assert intake.rows("lead", "status", lead_id=leads["1"]) == ["deactivated"]
    assert intake.rows("lead", "status", lead_id=leads["2"]) == ["unassigned"]
    assert [kind for kind, _, _ in history(intake, leads["1"])] == ["deactivated", "source_merged"]


def test_a_merge_into_a_stranger_keeps_the_lead_and_writes_back_to_the_survivor(intake, record) -> None:
    intake.take(record("1"))

    intake.take(record("1", deleted=True, merged_into="9"), run_id="run-2")

    assert intake.rows("source_link", "record_id", "merged_into") == [("9", "9")]
    assert intake.rows("lead", "source_deleted") == [False]


def test_a_survivor_that_comes_after_the_merge_is_no_second_lead(intake, record) -> None:
    intake.take(record("1", email="ann@b.example"), record("2", email="bob@b.example"))
    ann = dict(intake.rows("source_link", "record_id", "lead_id"))["1"]
    intake.take(record("1", deleted=True, merged_into="9"), run_id="run-2")

    counts = intake.take(record("9", email="cem@b.example", company="Nine"), run_id="run-3")
    again = intake.take(record("9", email="cem@b.example", company="Nine"), run_id="run-4")

    assert (counts, again) == (Counts(updated=1), Counts(known=1))
    assert len(intake.rows("lead", "lead_id")) == 2
    assert intake.rows("lead", "email", lead_id=ann) == ["cem@b.example"]
    assert sorted(intake.rows("source_link", "record_id", lead_id=ann)) == ["9", "9"]


@pytest.mark.parametrize("first", ["survivor", "merged"])
def test_a_merge_and_its_survivor_in_one_batch_are_one_lead_in_any_order(intake, record, first) -> None:
    intake.take(record("1", email="ann@b.example"))
    rows = [record("9", email="cem@b.example"), record("1", deleted=True, merged_into="9")]

    counts = intake.take(*(rows if first == "survivor" else reversed(rows)), run_id="run-2")

    assert counts == Counts(updated=2)
    assert intake.rows("lead", "email", "source_deleted") == [("cem@b.example", False)]


def test_a_lead_is_without_a_source_once_its_records_survivor_is_deleted(intake, record) -> None:
    intake.take(record("1"), record("2"), record("3"))
    lead = dict(intake.rows("source_link", "record_id", "lead_id"))["3"]
    decide(intake, "assigned")
    intake.take(record("1", deleted=True, merged_into="2"), run_id="run-2")
    intake.take(record("2", deleted=True, merged_into="3"), run_id="run-3")

    intake.take(record("3", deleted=True), run_id="run-4")
    gone = intake.rows("lead", "source_deleted", lead_id=lead)
    intake.take(record("3"), run_id="run-5")
    back = intake.rows("lead", "source_deleted", lead_id=lead)

    assert (gone, back) == ([True], [False])


def test_a_lead_whose_survivor_came_late_is_without_a_source_once_that_is_deleted(intake, record) -> None:
    intake.take(record("1"))
    decide(intake, "assigned")
    intake.take(record("1", deleted=True, merged_into="9"), run_id="run-2")
    intake.take(record("9"), run_id="run-3")

    intake.take(record("9", deleted=True), run_id="run-4")

    assert intake.rows("lead", "source_deleted") == [True]


def test_a_survivor_that_is_another_lead_by_its_email_takes_the_merged_one_along(intake, record) -> None:
    intake.take(record("1", email="ann@b.example"), record("2", email="cem@b.example"))
    leads = dict(intake.rows("source_link", "record_id", "lead_id"))
    decide(intake, "assigned")
    intake.take(record("1", deleted=True, merged_into="9"), run_id="run-2")

    intake.take(record("9", email="cem@b.example"), run_id="run-3")

    assert set(intake.rows("source_link", "lead_id")) == {leads["2"]}
    assert intake.rows("lead", "source_deleted", lead_id=leads["1"]) == [True]
    assert intake.rows("lead", "source_deleted", lead_id=leads["2"]) == [False]
