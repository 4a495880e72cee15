"""Judging a pull: what is said when it cannot be judged."""

from __future__ import annotations

import pytest

from leadline.errors import LeftUnfinished
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
