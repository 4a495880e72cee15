"""Fixtures of opportunities: a house with one partner, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leadline.hub import Hub
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount
from leadline.runs import RunContext
from tests.feedback.house import ACCOUNT, CRM, House, furnish


@pytest.fixture
def make_feedback_house(
    make_hub: Callable[..., Hub],
    make_mapping: Callable[..., SupplierMapping],
    make_context: Callable[..., RunContext],
) -> Callable[..., House]:
    """Return a factory of houses without partners; keywords are the mapping's."""

    def make(*, account: CrmAccount = ACCOUNT, **changes: Any) -> House:
        mapping = make_mapping("salesforce", **{"crm": CRM} | changes)
        return furnish(make_hub(), make_context(), mapping, account)

    return make


@pytest.fixture
def house(make_feedback_house: Callable[..., House]) -> House:
    """Return a house with partner P1."""
    made = make_feedback_house()
    made.add_partner()
    return made
