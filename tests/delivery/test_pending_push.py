"""A CRM that takes every lead gets pending ones too, and updates and events of them; others do not."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from leadline.delivery import accounts_with_work, push, queue_first, queue_updates
from leadline.delivery.activities import queue_events
from leadline.hub.schema import assignment, event
from leadline.partners import CrmAccount

SALESLINK = CrmAccount(id="sl-p1", type="saleslink", connection="sl_p1")
SALESFORCE = CrmAccount(id="sf-p1", connection="sf_p1")


def set_status(house: Any, assigned: str, status: str, *, active: bool = True) -> None:
    with house.hub.transaction("acme") as connection:
        mine = assignment.c.assignment_id == assigned
        connection.execute(assignment.update().where(mine).values(status=status, active=active))


def queued(house: Any) -> list[tuple[str, str]]:
    return [(one.assignment_id, one.state) for one in house.rows("delivery")]


@pytest.mark.parametrize(
    ("account", "expected"), [(SALESLINK, 1), (SALESFORCE, 0)], ids=["saleslink", "salesforce"]
)
def test_a_pending_lead_is_queued_where_the_crm_takes_every_lead(
    house: Any, account: CrmAccount, expected: int
) -> None:
    house.add_partner("P1", account=account)
    house.add_lead(status="pending")

    assert house.queue() == expected
    assert house.queue() == 0
    assert accounts_with_work(house.hub, "acme") == [account.id] * expected


@pytest.mark.parametrize("status", ["rejected", "rerouted"])
def test_a_lead_that_is_no_longer_the_partners_is_not_queued(house: Any, status: str) -> None:
    house.add_partner("P1", account=SALESLINK)
    house.add_lead(status=status)

    assert house.queue() == 0


def test_a_partner_that_does_not_synchronise_gets_nothing_pending(house: Any) -> None:
    house.add_partner("P1", account=SALESLINK, synchronize=False)
    house.add_lead(status="pending")

    assert house.queue() == 0


def test_a_pending_lead_reaches_the_crm_and_is_not_withdrawn(house: Any) -> None:
    house.add_partner("P1", account=SALESLINK)
    assigned = house.add_lead(status="pending")
    house.queue()

    counts = push(house.hub, house.ctx, house.mapping, SALESLINK, house.crm)

    assert (counts.created, counts.waiting) == (1, 0)
    assert queued(house) == [(assigned, "sent")]


def test_accepting_a_lead_that_was_pushed_while_pending_pushes_it_no_second_time(house: Any) -> None:
    house.add_partner("P1", account=SALESLINK)
    assigned = house.add_lead(status="pending")
    house.queue()
    push(house.hub, house.ctx, house.mapping, SALESLINK, house.crm)
    set_status(house, assigned, "accepted")

    assert house.queue() == 0
    assert push(house.hub, house.ctx, house.mapping, SALESLINK, house.crm).sent == 0


def test_a_lead_rerouted_before_its_push_is_withdrawn(house: Any) -> None:
    house.add_partner("P1", account=SALESLINK)
    assigned = house.add_lead(status="pending")
    house.queue()
    set_status(house, assigned, "rerouted", active=False)

    assert push(house.hub, house.ctx, house.mapping, SALESLINK, house.crm).sent == 0
    assert queued(house) == [(assigned, "superseded")]


def test_a_pending_lead_that_changed_is_updated_where_it_was_pushed(house: Any) -> None:
    house.add_partner("P1", account=SALESLINK, field_updates="all")
    assigned = house.add_lead(status="pending")
    house.queue()
    push(house.hub, house.ctx, house.mapping, SALESLINK, house.crm)
    lead = house.change_lead(assigned, company="Other Ltd")

    with house.hub.transaction("acme") as connection:
        assert queue_updates(house.hub, connection, house.ctx, house.mapping, [(lead, ["company"])]) == 1
    push(house.hub, house.ctx, house.mapping, SALESLINK, house.crm)

    assert house.record_of(assigned)["Company"] == "Other Ltd"


@pytest.mark.parametrize("status", ["pending", "accepted"])
def test_events_of_a_pending_lead_go_to_its_record(house: Any, status: str) -> None:
    house.add_partner("P1", account=SALESLINK)
    assigned = house.add_lead(status=status)
    house.queue()
    push(house.hub, house.ctx, house.mapping, SALESLINK, house.crm)
    (lead,) = house.rows("lead")
    with house.hub.transaction("acme") as connection:
        row = {"supplier": "acme", "event_id": "V1", "lead_id": lead.lead_id, "type": "click"}
        connection.execute(
            insert(event).values(row | {"occurred_at": 1, "origin": "supplier", "run_id": "r"})
        )

    assert accounts_with_work(house.hub, "acme") == [SALESLINK.id]
    assert queue_events(house.hub, house.ctx, SALESLINK) == 1
    assert [one.assignment_id for one in house.rows("event_delivery")] == [assigned]


def test_only_chosen_assignments_are_looked_at(house: Any) -> None:
    house.add_partner("P1", account=SALESLINK)
    first, _second = house.add_lead(status="pending"), house.add_lead(status="pending")

    with house.hub.transaction("acme") as connection:
        assert queue_first(house.hub, connection, house.ctx, [first]) == 1

    assert [one for one, _ in queued(house)] == [first]
