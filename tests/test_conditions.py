"""Conditions hold for one set of values as `mapping.conditions` says."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.conditions import holds
from leadline.mapping.conditions import Conditions
from leadline.mapping.fields import FieldMapping
from leadline.matching import Fields


def asked(operator: str, *, value: Any = None, values: Any = ()) -> Conditions:
    condition = {"campaign": "x", "operator": operator, "value": value, "values": values}
    return Conditions.model_validate({"any": [{"all": [condition]}]})


def of_type(type_: str, **more: Any) -> Fields:
    field = FieldMapping.model_validate({"name": "x", "source": "X", "type": type_, **more})
    return Fields((), (field,), "America/New_York")


@pytest.mark.parametrize(
    ("type_", "operator", "wanted", "found", "expected"),
    [
        # text is trimmed and without case
        ("string", "equals", {"value": "Summer "}, " sUMMER", True),
        ("string", "equals", {"value": "Straße"}, "STRASSE", True),
        ("string", "equals", {"value": "Summer"}, "Winter", False),
        ("string", "not_equals", {"value": "Summer"}, "summer", False),
        ("string", "not_equals", {"value": "Summer"}, None, True),
        ("string", "equals", {"value": "Summer"}, None, False),
        # lists match on any overlap
        ("multiselect", "equals", {"value": "b"}, ["a", "B"], True),
        ("multiselect", "one_of", {"values": ["x", "b"]}, ["a", "b"], True),
        ("multiselect", "one_of", {"values": ["x"]}, [], False),
        ("multiselect", "none_of", {"values": ["x", "b"]}, ["a", "b"], False),
        ("multiselect", "none_of", {"values": ["x"]}, [], True),
        # booleans and numbers, also as the text that decimals are
        ("boolean", "equals", {"value": True}, True, True),
        ("boolean", "equals", {"value": True}, False, False),
        ("boolean", "equals", {"value": "no"}, False, True),
        ("decimal", "equals", {"value": 7}, "7.00", True),
        ("string", "equals", {"value": "7"}, "007", False),
        ("integer", "at_least", {"value": 10}, 9, False),
        ("integer", "at_least", {"value": 9}, 10, True),
        ("decimal", "at_most", {"value": 10}, "9.5", True),
        ("integer", "between", {"values": [1, 3]}, 3, True),
        ("integer", "between", {"values": [1, 3]}, 20, False),
        ("integer", "between", {"values": [1, 3]}, None, False),
        # dates, and postal codes of equal length
        ("date", "between", {"values": ["2026-01-01", "2026-12-31"]}, "2026-06-30", True),
        ("date", "at_most", {"value": "2026-01-01"}, "2026-06-30", False),
        ("string", "between", {"values": ["01000", "09999"]}, "04109", True),
        ("string", "between", {"values": ["01000", "09999"]}, "4109", False),
        # moments: a day is one of the mapping's zone
        ("datetime", "at_least", {"value": "2026-06-30"}, "2026-06-30T12:00:00.000000Z", True),
        ("datetime", "equals", {"value": "2026-06-30"}, "2026-07-01T03:00:00.000000Z", True),
        ("datetime", "at_most", {"value": "2026-06-30 08:00"}, "2026-06-30T12:00:00.000000Z", True),
        ("datetime", "at_most", {"value": "2026-06-30 07:59"}, "2026-06-30T12:00:00.000000Z", False),
        # "never" as sources write it: beyond what a local day or UTC can name
        ("datetime", "at_least", {"value": "2026-06-30"}, "0001-01-01T00:00:00.000000Z", False),
        ("datetime", "equals", {"value": "0001-01-01"}, "0001-01-01T00:00:00.000000Z", True),
        ("datetime", "at_least", {"value": "2026-06-30 08:00"}, "9999-12-31T23:59:59", True),
        ("string", "starts_with", {"value": "SW1"}, "sw1a 1aa", True),
        ("string", "starts_with", {"value": "SW1"}, None, False),
        ("string", "empty", {}, "  ", True),
        ("multiselect", "empty", {}, [], True),
        ("integer", "not_empty", {}, 0, True),
    ],
)
def test_one_condition(type_: str, operator: str, wanted: dict[str, Any], found: Any, expected: bool) -> None:
    values = {"values": ["a", "b"]} if type_ == "multiselect" else {}

    assert holds(asked(operator, **wanted), of_type(type_, **values), campaign={"x": found}) is expected


def test_all_of_a_group_and_any_of_the_groups() -> None:
    both = [{"campaign": "a", "value": 1}, {"campaign": "b", "value": 1}]
    conditions = Conditions.model_validate({"any": [{"all": both}, {"all": [{"campaign": "c", "value": 1}]}]})
    fields = of_type("integer")

    assert holds(conditions, fields, campaign={"a": 1, "b": 1})
    assert holds(conditions, fields, campaign={"c": 1})
    assert not holds(conditions, fields, campaign={"a": 1, "b": 2})


def test_a_subject_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="campaign"):
        holds(asked("empty"), of_type("string"), lead={})
