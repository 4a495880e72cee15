"""What is written beside the work that goes on."""

from __future__ import annotations

import logging
import threading

import pytest

from leadline.keeper import AHEAD, Keeper


def test_what_was_to_follow_a_failed_thing_is_not_done_and_what_comes_later_is() -> None:
    told, done = threading.Event(), []

    def fail() -> None:
        told.wait(30)
        raise OSError("disk full")

    with Keeper() as keeper:
        keeper.do(fail)
        keeper.do(lambda: done.append("rests on it"))
        told.set()
        with pytest.raises(OSError, match="disk full"):
            keeper.wait()
        keeper.do(lambda: done.append("later"))

    assert done == ["later"]


def test_things_are_done_in_their_order_and_all_by_the_end() -> None:
    done: list[int] = []

    with Keeper() as keeper:
        for number in range(AHEAD * 3):
            keeper.do(lambda number=number: done.append(number))  # type: ignore[misc]

    assert done == list(range(AHEAD * 3))


def test_a_failure_to_write_comes_up_at_the_end() -> None:
    def fail() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), Keeper() as keeper:
        keeper.do(fail)


def test_when_both_fail_the_first_error_is_raised_and_the_other_is_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> None:
        raise OSError("disk full")

    def fail_twice() -> None:
        with Keeper() as keeper:
            keeper.do(fail)
            raise TimeoutError("no answer")

    with caplog.at_level(logging.ERROR), pytest.raises(TimeoutError, match="no answer"):
        fail_twice()

    assert "disk full" in caplog.text
