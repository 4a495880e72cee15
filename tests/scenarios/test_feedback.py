"""Acceptance scenarios 16, 22 to 24 and 28: what partners do comes back, from a CRM in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadline import pull_back
from leadline.crm_logins import deactivated_accounts, mark_login
from leadline.hub import Hub
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount
from leadline.ports import CrmOpportunity
from leadline.runs import RunContext, to_us
from tests.feedback.house import ACCOUNT, CRM, House, furnish

MakeHouse = Callable[..., House]
STEPS = {
    "opportunities": {
        "object": "Opp__c",
        "external_id": "Ext__c",
        "lead_field": "Lead__c",
        "probability_steps": [10, 25, 50, 75, 100],
    }
}


@pytest.fixture
def make_read_house(
    make_hub: Callable[..., Hub],
    make_mapping: Callable[..., SupplierMapping],
    make_context: Callable[..., RunContext],
) -> MakeHouse:
    """Return a factory of houses with partner P1: `kind` is its CRM, `options` are its own."""

    def make(kind: str = "salesforce", *, options: dict[str, Any] | None = None, **changes: Any) -> House:
        account: CrmAccount = ACCOUNT.model_copy(update={"type": kind})
        mapping = make_mapping("salesforce", **{"crm": CRM} | changes)
        made = furnish(make_hub(), make_context(), mapping, account)
        made.add_partner(**(options or {}))
        return made

    return make


def test_scenario_16_any_opportunity_status_in_saleslink_accepts_and_deletion_rejects(
    make_read_house: MakeHouse,
) -> None:
    house = make_read_house("saleslink")
    for one in ("K1", "K2", "K3"):
        house.add_lead(one, status="pending")
        house.in_crm(one, distribution="pending")
    house.feedback("day-1")
    assert [house.lead_of(one).status for one in ("K1", "K2", "K3")] == ["pending"] * 3

    house.in_crm("K1", distribution="accepted", status="Demo given")
    house.in_crm("K2", distribution="rejected", reason="Wrong dealer", deleted=True)
    house.feedback("day-2")

    assert [house.lead_of(one).status for one in ("K1", "K2", "K3")] == ["accepted", "rejected", "pending"]
    assert json.loads(house.rows("assignment", status="rejected")[0].reasons) == {"reason": "Wrong dealer"}
    assert [one.actor for one in house.history("accepted")] == ["crm:crm-P1"]

    before = house.side()
    house.feedback("day-2")
    assert house.side() == before


def test_scenario_22_working_contacted_is_contacted_and_an_unknown_value_waits_for_its_mapping(
    make_read_house: MakeHouse,
) -> None:
    house = make_read_house()
    for record, word in (("00Q1", "Working - Contacted"), ("00Q2", "Parked")):
        house.add_lead(record)
        house.in_crm(record, status=word)

    house.feedback("day-1")
    assert [house.lead_of(one).sales_status for one in ("00Q1", "00Q2")] == ["contacted", "open"]

    house.map_statuses(Parked="Nurture")
    house.feedback("day-2")
    assert house.lead_of("00Q2").sales_status == "nurture"


@pytest.mark.parametrize(
    ("reported", "closed", "kept", "status"),
    [(30.0, False, 50, "open"), (80.0, False, 75, "open"), (0.0, True, 0, "lost"), (100.0, True, 0, "lost")],
)
def test_scenario_23_probabilities_round_up_to_a_step_and_closed_is_not_won(
    make_read_house: MakeHouse, reported: float, closed: bool, kept: int, status: str
) -> None:
    house = make_read_house(options={"opportunities": "originating"}, write_back=STEPS)
    house.add_lead()
    house.crm.opportunities = [
        CrmOpportunity("006A", "00Q1", "originating", probability=reported, is_closed=closed)
    ]

    pull_back.read_opportunities(house.hub, house.ctx, house.mapping, "crm-P1", house.opening)

    (found,) = house.rows("opportunity")
    assert (found.probability, found.status) == (kept, status)


@pytest.mark.parametrize(
    ("option", "kept"), [("none", []), ("originating", ["006A"]), ("contact_match", ["006A", "006B"])]
)
def test_scenario_24_a_partner_shares_opportunities_by_origin_by_contact_or_not(
    make_read_house: MakeHouse, option: str, kept: list[str]
) -> None:
    house = make_read_house(options={"opportunities": option})
    house.add_lead()
    house.crm.opportunities = [
        CrmOpportunity("006A", "00Q1", "originating"),
        CrmOpportunity("006B", "00Q1", "contact_match"),
    ]

    for account in pull_back.opportunity_accounts(house.hub, house.ctx):
        pull_back.read_opportunities(house.hub, house.ctx, house.mapping, account, house.opening)

    assert sorted(one.record_id for one in house.rows("opportunity")) == kept
    assert house.lead_of("00Q1").sales_status == ("qualified" if kept else "open")


def test_scenario_28_failed_logins_are_told_four_times_and_then_the_crm_is_off_until_it_works(
    make_read_house: MakeHouse,
) -> None:
    house = make_read_house(
        options={"email": "office@partner.example"}, contacts={"configured": ["ops@acme.example"]}
    )
    house.add_lead()
    house.in_crm(status="Working - Contacted")
    told = {}
    for number in range(48):
        now = to_us(datetime(2026, 1, 1, 7, tzinfo=UTC) + timedelta(days=number))
        mark = mark_login(house.hub, "acme", house.mapping, "crm-P1", "run-1", ok=False, now=now)
        if mark.told:
            told[number + 1] = mark.state

    assert told == {4: "active", 12: "active", 24: "active", 48: "deactivated"}
    assert sorted({one.recipient for one in house.rows("mail")}) == [
        "office@partner.example",
        "ops@acme.example",
    ]
    assert pull_back.feedback_accounts(house.hub, house.ctx) == []

    named = pull_back.feedback_accounts(house.hub, replace(house.ctx, run_id="forced"), ["crm-P1"])
    for account in named:
        pull_back.read_feedback(house.hub, house.ctx, house.mapping, account, house.opening)

    assert deactivated_accounts(house.hub, "acme") == []
    assert house.lead_of("00Q1").sales_status == "contacted"
