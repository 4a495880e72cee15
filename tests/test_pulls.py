"""Judging a pull: what is said when it cannot be judged."""

from __future__ import annotations

import pytest

from leadline.errors import LeftUnfinished, ThresholdExceeded
from leadline.pulls import judge_pull


def test_a_pull_whose_validate_was_only_marked_green_is_named_with_what_to_clear(make_intake, record) -> None:
    intake = make_intake(batch_rows=1)
    ctx = intake.start()
    first, _ = intake.land(ctx, record("00Q1"), record("00Q2")).batches
    intake.receive(ctx, first)

    with pytest.raises(
        LeftUnfinished, match=r"1 of 2 batches of leads of run run-1 .* clear their validate task"
    ):
        judge_pull(intake.hub, ctx, intake.mapping)

    assert intake.rows("pull", "judged") == [None]


def test_a_pull_may_have_as_many_bad_rows_as_its_threshold_says(make_intake, record) -> None:
    # 0.29 * 100 is a little less than 29 to a computer.
    intake = make_intake(threshold={"share": 0.29, "minimum_rows": 1})
    bad = [record(f"00Q{number:03}", email=None) for number in range(29)]
    good = [record(f"00Q{number:03}") for number in range(29, 100)]
    intake.take(*bad, *good)

    judge_pull(intake.hub, intake.start(), intake.mapping)

    assert intake.rows("pull", "judged") == ["passed"]


def test_a_pull_with_one_bad_row_more_is_held(make_intake, record) -> None:
    intake = make_intake(threshold={"share": 0.29, "minimum_rows": 1})
    bad = [record(f"00Q{number:03}", email=None) for number in range(30)]
    good = [record(f"00Q{number:03}") for number in range(30, 100)]
    intake.take(*bad, *good)

    with pytest.raises(ThresholdExceeded, match="30 of 100 rows"):
        judge_pull(intake.hub, intake.start(), intake.mapping)
