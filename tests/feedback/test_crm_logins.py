"""Logins that fail are told at 4 of 5, 12 of 15, 24 of 30 and 48 of 60 days; then the CRM is switched off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadline import pull_back
from leadline.crm_logins import deactivated_accounts, mark_login
from leadline.delivery import accounts_with_work
from leadline.hub.schema import delivery
from leadline.runs import to_us
from tests.feedback.house import House

FIRST = datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.fixture
def house(make_feedback_house: Any) -> House:
    contacts = {"configured": ["ops@acme.example"]}
    made: House = make_feedback_house(contacts=contacts, schedule={"timezone": "America/New_York"})
    made.add_partner(
        email="office@partner.example",
        reps=[{"email": "ada@partner.example", "roles": ["administrator"]}, {"email": "rep@partner.example"}],
    )
    made.add_lead()
    return made


def day(house: House, number: float, *, ok: bool) -> Any:
    now = to_us(FIRST + timedelta(days=number))
    return mark_login(house.hub, "acme", house.mapping, "crm-P1", "run-1", ok=ok, now=now)


def queue_something(house: House) -> None:
    with house.hub.transaction("acme") as connection:
        row = house.lead_of("00Q1")
        connection.execute(
            delivery.insert().values(
                supplier="acme", delivery_id="D1", assignment_id=row.assignment_id, sequence=1,
                lead_id=row.lead_id, partner_id="P1", account_id="crm-P1", state="waiting", run_id="r",
                queued_at=1,
            )
        )  # fmt: skip


def test_the_steps_come_in_their_order_and_the_last_one_switches_off(house: House) -> None:
    queue_something(house)

    told = {number: mark.told for number in range(60) if (mark := day(house, number, ok=False)).told}

    assert told == {3: 1, 11: 2, 23: 3, 47: 4}
    assert deactivated_accounts(house.hub, "acme") == ["crm-P1"]
    mails = house.rows("mail")
    assert len(mails) == 8
    assert {one.recipient for one in mails} == {"ada@partner.example", "ops@acme.example"}
    assert {"switched off" in one.subject for one in mails} == {True, False}
    assert accounts_with_work(house.hub, "acme") == []
    assert [one.state for one in house.rows("delivery")] == ["waiting"]
    assert [one.code for one in house.rows("finding", cleared_at=None)] == ["deactivated"]


def test_days_that_went_well_are_counted_among_the_days(house: House) -> None:
    for number, ok in enumerate([False, False, True, False]):
        assert day(house, number, ok=ok).told == 0

    assert day(house, 4, ok=False).told == 1
    assert day(house, 5, ok=False).told == 0


def test_one_success_makes_a_day_good_and_a_day_without_an_attempt_is_neither(house: House) -> None:
    for number in (0, 1, 2):
        day(house, number, ok=False)
    day(house, 3, ok=True)
    assert day(house, 3, ok=False).told == 0

    assert day(house, 4, ok=False).told == 1  # 4 of 5
    assert day(house, 90, ok=False).told == 0


def test_days_begin_where_the_supplier_is(house: House) -> None:
    # 02:00 and 06:00 UTC are two days in New York.
    day(house, -4 / 24, ok=False)
    day(house, 0, ok=False)

    assert [row.day for row in house.rows("crm_login")] == ["2026-02-28", "2026-03-01"]


def test_a_step_is_told_again_after_the_trouble_was_over(house: House) -> None:
    for number in range(4):
        day(house, number, ok=False)
    for number in range(4, 9):
        day(house, number, ok=True)

    told = [day(house, number, ok=False).told for number in range(9, 13)]

    assert told == [0, 0, 0, 1]


def test_a_deactivated_account_is_passed_over_until_a_login_succeeds(house: House) -> None:
    queue_something(house)
    for number in range(48):
        day(house, number, ok=False)
    house.in_crm(status="Working - Contacted")

    assert pull_back.feedback_accounts(house.hub, house.ctx) == []
    assert pull_back.feedback_accounts(house.hub, house.ctx, ["crm-P1"]) == ["crm-P1"]

    house.feedback()

    assert deactivated_accounts(house.hub, "acme") == []
    assert accounts_with_work(house.hub, "acme") == ["crm-P1"]
    assert house.rows("finding", subject="login:crm-P1", cleared_at=None) == []
    assert day(house, 400, ok=False).told == 0


def test_without_administrators_the_partners_own_address_is_told(make_feedback_house: Any) -> None:
    house: House = make_feedback_house()
    house.add_partner(email="office@partner.example")

    for number in range(4):
        day(house, number, ok=False)

    assert [one.recipient for one in house.rows("mail")] == ["office@partner.example"]
