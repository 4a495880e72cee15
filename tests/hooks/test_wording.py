"""Vendors' words as people may read them."""

from __future__ import annotations

import pytest

from hooks.wording import LONGEST_TEXT, without_addresses


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("the address ann@example.com is taken", "the address … is taken"),
        ("'ann@example.com'; <bob@example.com>", "'…'; <…>"),
        ("quoted (ann@localhost), @ alone stays", "quoted (…), @ alone stays"),
        ("@ann@example.com@", "…"),
    ],
)
def test_a_message_has_no_addresses(message: str, shown: str) -> None:
    assert without_addresses(message) == shown


@pytest.mark.parametrize("filling", ["a", "a@", "@a"])
def test_a_page_in_place_of_a_message_is_cut_without_being_read_again_and_again(filling: str) -> None:
    told = without_addresses(f"ann@example.com {filling * 400_000}")

    assert told.startswith("… ")
    assert len(told) <= LONGEST_TEXT
