"""A dealer's opportunities, by origin and by their contacts' address."""

from __future__ import annotations

import pytest

from leadline.ports import CrmOpportunity
from tests.hooks.saleslink.room import OTHER_HOUR, Dealer, create


@pytest.mark.capability(("P2", "W10"), "crm:saleslink", "GetOpportunities")
def test_opportunities_come_by_origin_and_by_their_contacts_address(dealer: Dealer) -> None:
    dealer.write(create(1), create(2))
    known = dealer.known(1, 2)
    (own,) = dealer.do("insert", object="Lead", rows=[{"LastName": "Own", "Email": "P2@Example.org"}])
    from_ours = dealer.do(
        "open_opportunity",
        LeadId=known[0].record_id,
        Name="Crane",
        Amount="120000.50",
        Currency="EUR",
        CloseDate="2026-05-01",
        ProbabilityPercent=30,
    )
    by_address = dealer.do("open_opportunity", LeadId=own)
    dealer.do("lose", id=by_address)

    first = list(dealer.crm.pull_opportunities(known, "originating", None))
    both = list(dealer.crm.pull_opportunities(known, "contact_match", None))

    assert first == [
        CrmOpportunity(
            from_ours,
            known[0].record_id,
            "originating",
            name="Crane",
            stage="Qualify",
            probability=30.0,
            amount="120000.50",
            currency="EUR",
            close_date="2026-05-01",
            stamp=first[0].stamp,
        )
    ]
    assert [(one.record_id, one.origin, one.by) for one in both] == [
        (from_ours, known[0].record_id, "originating"),
        (by_address, known[1].record_id, "contact_match"),
    ]
    assert (both[1].is_closed, both[1].is_won, both[1].probability) == (True, False, 0.0)


def test_one_that_an_address_led_to_names_the_lead_it_came_from(dealer: Dealer) -> None:
    dealer.write(create(1))
    (theirs, own) = dealer.do(
        "insert",
        object="Lead",
        rows=[
            {"LastName": "Theirs", "Email": "p1@example.org", "ExternalId": "A-theirs"},
            {"LastName": "Own", "Email": "p1@example.org"},
        ],
    )
    made = [dealer.do("open_opportunity", LeadId=one) for one in (theirs, own)]

    found = dealer.crm.pull_opportunities(dealer.known(1), "contact_match", None)

    assert {one.record_id: one.came_from for one in found} == {made[0]: {"A-theirs"}, made[1]: set()}


def test_opportunities_of_many_pages_are_all_told_once(dealer: Dealer) -> None:
    dealer.write(create(1))
    known = dealer.known(1)
    (own,) = dealer.do("insert", object="Lead", rows=[{"LastName": "Own", "Email": "p1@example.org"}])
    for _ in range(5):
        dealer.do("open_opportunity", LeadId=own)
    dealer.fault("short_pages", "GetOpportunities", arguments={"rows": 2}, times=None)

    found = [one.record_id for one in dealer.crm.pull_opportunities(known, "contact_match", None)]

    assert (len(found), len(set(found))) == (5, 5)


def test_opportunities_that_did_not_change_since_are_left_out(dealer: Dealer) -> None:
    dealer.control.clock(set="2026-03-02T06:00:00+00:00", hold=True)
    dealer.write(create(1))
    known = dealer.known(1)
    dealer.do("open_opportunity", LeadId=known[0].record_id)
    dealer.control.clock(set=OTHER_HOUR.isoformat(), hold=True)
    newer = dealer.do("open_opportunity", LeadId=known[0].record_id)

    for policy in ("originating", "contact_match"):
        assert [one.record_id for one in dealer.crm.pull_opportunities(known, policy, OTHER_HOUR)] == [newer]
