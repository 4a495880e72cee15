"""How long an answer asks us to wait."""

from __future__ import annotations

import pytest

from hooks.waiting import wished_seconds


@pytest.mark.parametrize(
    ("header", "wish"),
    [
        ("7", 7.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 3_600.0),
        ("1000000000", 3_600.0),
        ("soon", None),
        (None, None),
    ],
)
def test_a_wish_to_wait_comes_in_seconds_or_as_a_date(header: str | None, wish: float | None) -> None:
    assert wished_seconds(header) == wish
