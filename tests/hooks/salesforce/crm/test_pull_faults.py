"""Faults while a partner's org is read: an error, or the whole answer."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.errors import RetryLater
from tests.hooks.salesforce.crm.room import PartnerOrg, lead
from tests.hooks.salesforce.rooms import DAWN, REFUSALS


def pull_records(org: PartnerOrg, one: str) -> list[Any]:
    return org.pull(lead(one), since=0)


def pull_activities(org: PartnerOrg, one: str) -> list[Any]:
    return org.activities(lead(one), since=0)


def pull_deals(org: PartnerOrg, one: str) -> list[Any]:
    return list(org.crm.pull_opportunities([lead(one)], "contact_match", DAWN))


def read_lists(org: PartnerOrg, _one: str) -> list[Any]:
    return [member for found in org.crm.lists() for member in org.crm.list_members(found)]


def busy(org: PartnerOrg) -> str:
    """Make an org in which every pull has something to tell, and return the lead's id."""
    one = org.lead(5, Email="doe@buyer.example")
    org.insert("CampaignMember", CampaignId=org.insert("Campaign", Name="C"), LeadId=one)
    org.act("convert", lead_id=one)
    org.insert("Task", 5, WhoId=org.act("rows", object="Contact")[0]["Id"], Subject="Called")
    return one


PULLS = [pull_records, pull_activities, pull_deals, read_lists]


@pytest.mark.parametrize("pull", PULLS)
@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [*REFUSALS.values(), ({"status": 400, "code": "QUERY_TIMEOUT"}, RetryLater, "QUERY_TIMEOUT")],
    ids=[*REFUSALS, "timeout"],
)
def test_an_outage_is_an_error_and_never_an_empty_answer(
    org: PartnerOrg, pull: Any, arguments: dict[str, Any], error: type[Exception], says: str
) -> None:
    one = busy(org)
    whole = pull(org, one)
    for operation in ("collections.retrieve", "query*", "report.*"):
        org.fault("status", operation, arguments=arguments, times=50)

    with pytest.raises(error, match=says) as raised:
        pull(org, one)
    org.control.clear_faults()

    assert len(str(raised.value).splitlines()) == 1
    assert "doe@buyer.example" not in str(raised.value)
    assert whole
    assert pull(org, one) == whole


@pytest.mark.parametrize("pull", PULLS)
@pytest.mark.parametrize(
    ("kind", "moment"),
    [("hang_up", "before"), ("hang_up", "after"), ("truncate", "after"), ("status", "after")],
)
def test_a_lost_answer_is_asked_for_again(org: PartnerOrg, pull: Any, kind: str, moment: str) -> None:
    one = busy(org)
    whole = pull(org, one)
    for operation in ("collections.retrieve", "query*"):
        org.fault(kind, operation, moment)

    assert pull(org, one) == whole
