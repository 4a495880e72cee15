"""Probabilities as steps."""

from __future__ import annotations

import pytest

from leadline.opportunities import probability_step

USUAL = (10, 25, 50, 75, 100)


@pytest.mark.parametrize(
    ("reported", "step"),
    [
        (30, 50),
        (80, 75),
        (100, 100),
        (99.9, 75),
        (10, 10),
        (10.5, 25),
        (0, 10),
        (1, 10),
        (75, 75),
        (120, 100),
        (None, None),
    ],
)
def test_a_probability_rounds_up_to_the_next_step_but_never_to_100(
    reported: float | None, step: int | None
) -> None:
    assert probability_step(reported, USUAL) == step


def test_closed_and_not_won_stands_at_0() -> None:
    assert [probability_step(one, USUAL, lost=True) for one in (0, 60, None)] == [0, 0, 0]


def test_steps_may_come_in_any_order_and_without_100() -> None:
    assert [probability_step(one, (60, 20)) for one in (5, 21, 90, 100)] == [20, 60, 60, 100]
