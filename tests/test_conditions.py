"""Conditions hold for one set of values as `mapping.conditions` says."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.conditions import holds
from leadline.mapping.conditions import Conditions


def asked(operator: str, *, value: Any = None, values: Any = ()) -> Conditions:
    condition = {"campaign": "x", "operator": operator, "value": value, "values": values}
    return Conditions.model_validate({"any": [{"all": [condition]}]})


@pytest.mark.parametrize(
    ("operator", "wanted", "found", "expected"),
    [
        # text is trimmed and without case
        ("equals", {"value": "Summer "}, " sUMMER", True),
        ("equals", {"value": "Straße"}, "STRASSE", True),
        ("equals", {"value": "Summer"}, "Winter", False),
        ("not_equals", {"value": "Summer"}, "summer", False),
        ("not_equals", {"value": "Summer"}, None, True),
        ("equals", {"value": "Summer"}, None, False),
        # lists match on any overlap
        ("equals", {"value": "b"}, ["a", "B"], True),
        ("one_of", {"values": ["x", "b"]}, ["a", "b"], True),
        ("one_of", {"values": ["x"]}, [], False),
        ("none_of", {"values": ["x", "b"]}, ["a", "b"], False),
        ("none_of", {"values": ["x"]}, [], True),
        # booleans and numbers, also as the text that decimals are
        ("equals", {"value": True}, True, True),
        ("equals", {"value": True}, False, False),
        ("equals", {"value": True}, 1, False),
        ("equals", {"value": 7}, "7.00", True),
        ("equals", {"value": "7"}, "007", False),
        ("at_least", {"value": 10}, 9, False),
        ("at_least", {"value": 9}, 10, True),
        ("at_most", {"value": 10}, "9.5", True),
        ("between", {"values": [1, 3]}, 3, True),
        ("between", {"values": [1, 3]}, 20, False),
        ("between", {"values": [1, 3]}, None, False),
        # dates, and postal codes of equal length
        ("between", {"values": ["2026-01-01", "2026-12-31"]}, "2026-06-30", True),
        ("at_most", {"value": "2026-01-01"}, "2026-06-30", False),
        ("between", {"values": ["01000", "09999"]}, "04109", True),
        ("between", {"values": ["01000", "09999"]}, "4109", False),
        ("starts_with", {"value": "SW1"}, "sw1a 1aa", True),
        ("starts_with", {"value": "SW1"}, None, False),
        ("empty", {}, "  ", True),
        ("empty", {}, [], True),
        ("not_empty", {}, 0, True),
    ],
)
def test_one_condition(operator: str, wanted: dict[str, Any], found: Any, expected: bool) -> None:
    assert holds(asked(operator, **wanted), campaign={"x": found}) is expected


def test_all_of_a_group_and_any_of_the_groups() -> None:
    both = [{"campaign": "a", "value": 1}, {"campaign": "b", "value": 1}]
    conditions = Conditions.model_validate({"any": [{"all": both}, {"all": [{"campaign": "c", "value": 1}]}]})

    assert holds(conditions, campaign={"a": 1, "b": 1})
    assert holds(conditions, campaign={"c": 1})
    assert not holds(conditions, campaign={"a": 1, "b": 2})


def test_a_subject_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="campaign"):
        holds(asked("empty"), lead={})
