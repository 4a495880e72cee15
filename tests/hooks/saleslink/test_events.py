"""Marketing events on leads of a dealer's Saleslink."""

from __future__ import annotations

from tests.hooks.saleslink.room import Dealer, create, event


def test_events_are_added_once_whatever_is_sent_again(dealer: Dealer) -> None:
    lead = str(dealer.write(create(1))["D1"].record_id)

    for _ in range(2):
        results = list(
            dealer.crm.add_activities([event(1, lead), event(2, lead, body=None, occurred_at=None)])
        )
        assert [(one.key, one.ok) for one in results] == [("E1", True), ("E2", True)]

    assert dealer.events() == [(lead, "E1"), (lead, "E2")]
    assert dealer.calls("AddMarketingEvents") == 2


def test_events_on_a_lead_that_is_gone_are_refused_and_the_others_go_on(dealer: Dealer) -> None:
    lead = str(dealer.write(create(1))["D1"].record_id)

    results = {one.key: one for one in dealer.crm.add_activities([event(1, "L-9"), event(2, lead)])}

    assert (results["E1"].ok, results["E1"].code, results["E2"].ok) == (False, "NOT_FOUND", True)
    assert dealer.events() == [(lead, "E2")]


def test_many_long_events_are_split_over_calls_that_the_service_takes(dealer: Dealer) -> None:
    lead = str(dealer.write(create(1))["D1"].record_id)
    events = [event(n, lead, body="ä" * 70_000) for n in range(30)]

    results = list(dealer.crm.add_activities(events))

    assert [one.ok for one in results] == [True] * 30
    assert len(dealer.events()) == 30
