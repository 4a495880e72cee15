from __future__ import annotations

import pytest

from hooks.parts import by_size, in_turns


@pytest.mark.parametrize(
    ("words", "most", "parts"),
    [
        ([], None, []),
        (["aa", "bbb"], None, [["aa", "bbb"]]),  # as much as fits exactly
        (["aa", "bbbb"], None, [["aa"], ["bbbb"]]),
        (["a", "bbbbbbbbb", "c"], None, [["a"], ["bbbbbbbbb"], ["c"]]),  # too large by itself
        (["a", "b", "c"], 2, [["a", "b"], ["c"]]),
    ],
)
def test_parts_hold_what_a_call_takes_in_order(words, most, parts):
    assert list(by_size(words, len, 5, most)) == parts


def test_items_of_one_key_take_turns_in_their_order():
    turns = list(in_turns(["a1", "b1", "a2", "c1", "a3", "b2"], lambda item: item[0]))

    assert turns == [["a1", "b1", "c1"], ["a2", "b2"], ["a3"]]
