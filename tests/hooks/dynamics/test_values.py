"""Texts of leads as values of Dataverse's columns."""

from __future__ import annotations

import pytest

from hooks.dynamics.tables import Column
from hooks.dynamics.values import Written, to_json

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
