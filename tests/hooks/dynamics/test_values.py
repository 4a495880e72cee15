"""Texts of leads as values of Dataverse's columns."""

from __future__ import annotations

import pytest

from hooks.dynamics.tables import Column
from hooks.dynamics.values import Written, to_json, with_rest

INDUSTRY = Column("industrycode", "picklist", options={1: "Accounting", 2: "Agriculture", -3: "Other"})


@pytest.mark.parametrize(
    ("text", "value"),
    [("accounting", 1), ("2", 2), ("-3", -3)],
)
def test_a_choice_is_taken_by_its_label_or_its_number(text: str, value: int) -> None:
    assert to_json(INDUSTRY, text) == Written(value)


@pytest.mark.parametrize("text", ["²", "①", "--2", "-", "7"])
def test_what_only_looks_like_a_number_is_no_choice(text: str) -> None:
    assert to_json(INDUSTRY, text) == Written(left=True)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "2147483648"),
        ("bigint", "9223372036854775808"),
        ("money", "1e15"),
        ("decimal", "-100000000001"),
    ],
)
def test_a_number_beyond_what_a_column_can_be_is_left_out_and_spoils_no_row(kind: str, text: str) -> None:
    assert to_json(Column("ll_number", kind), text) == Written(left=True)
    assert to_json(Column("ll_number", kind), "12") == Written(12)


def test_what_has_no_column_never_pushes_out_the_description_itself() -> None:
    column = Column("description", "memo", 40)

    assert with_rest(column, "x" * 30, ["a: b"]) == "x" * 30
    assert with_rest(column, None, ["a: " + "b" * 40]) == "What this CRM has no place for:\na: bbbbb"
