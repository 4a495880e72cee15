"""Whole calls that a supplier's org refuses while something is written back."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.errors import RetryLater
from tests.hooks.salesforce.rooms import REFUSALS
from tests.hooks.salesforce.write_back.room import DEAL, WrittenOrg, deal, event, status


def back(org: WrittenOrg, member: str) -> object:
    return org.back(status(member, LL_Sales_Status__c="Contacted"))


def events(org: WrittenOrg, member: str) -> object:
    return org.events(event("E1", member))


def deals(org: WrittenOrg, member: str) -> object:
    return org.deals(deal("1", member))


@pytest.mark.parametrize("call", [back, events, deals])
@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [*REFUSALS.values(), ({"status": 400, "code": "UNABLE_TO_LOCK_ROW"}, RetryLater, "UNABLE_TO_LOCK_ROW")],
    ids=[*REFUSALS, "locked"],
)
def test_a_refused_call_is_one_clear_error_and_the_next_try_makes_it_whole(
    org: WrittenOrg, call: Any, arguments: dict[str, Any], error: type[Exception], says: str
) -> None:
    member = org.member(org.lead())
    org.fault("status", "collections.*", arguments=arguments, times=10)

    with pytest.raises(error, match=says) as raised:
        call(org, member)
    org.control.clear_faults()
    call(org, member)

    assert len(str(raised.value).splitlines()) == 1
    tasks, records = org.rows("Task"), org.rows(DEAL)
    assert len(tasks) + len(records) == (0 if call is back else 1)
    assert org.rows("CampaignMember")[member].get("LL_Sales_Status__c") == (
        "Contacted" if call is back else None
    )
