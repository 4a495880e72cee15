"""Another attempt: by hand, or by the rules without those who had the lead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from leadline.errors import ActionRefused
from leadline.hub import Hub
from leadline.hub.schema import assignment, delivery, history, lead, rotation, routing_decision
from leadline.lifecycle import reject
from leadline.mapping.model import SupplierMapping
from leadline.routing import again, assign_manually, read_traces, reroute, reroute_overdue, route_waiting
from leadline.runs import RunContext
from tests.contents import contents
from tests.routing.conftest import add_leads, add_partners, condition, make_partner, rule

Routing = Callable[..., SupplierMapping]
Contexts = Callable[..., RunContext]
COUNTRY = rule("country", [condition("lead.country same_as_partner countries")], required=True)


def rows(hub: Hub, table: Any, *columns: str) -> list[tuple[Any, ...]]:
    with hub.reading() as connection:
        order = [table.c[name] for name in ("attempt", "at", "kind") if name in table.c]
        chosen = [table.c[name] for name in columns]
        return [
            tuple(row)
            for row in connection.execute(table.select().with_only_columns(*chosen).order_by(*order))
        ]


@pytest.fixture
def one(hub: Hub, routing: Routing, make_context: Contexts) -> str:
    """Return a lead that is pending at A; B and C could have it too."""
    add_partners(hub, [make_partner(name, countries=["DE"]) for name in "ABC"])
    (lead_id,) = add_leads(hub, [{"country": "DE"}])
    route_waiting(hub, make_context(), routing(rules=[COUNTRY]), now=10)
    return lead_id


def test_an_unassigned_lead_is_assigned_by_hand_and_counts_in_the_rotation(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    add_partners(hub, [make_partner("A", auto_accept=True, crm="sf-a"), make_partner("B")])
    (lead_id,) = add_leads(hub, [{}])
    mapping = routing(rules=[COUNTRY])
    route_waiting(hub, make_context(), mapping, now=10)

    assign_manually(hub, make_context(run_id="manual"), mapping, lead_id, "A", "olga", now=20)

    assert rows(hub, lead, "status", "decision", "attempt") == [("accepted", "unassigned", 2)]
    assert rows(hub, routing_decision, "attempt", "reason", "actor") == [
        (1, "required_no_value", "airflow"),
        (2, "manual", "olga"),
    ]
    assert rows(hub, history, "kind", "actor") == [
        ("unassigned", "airflow"),
        ("accepted", "olga"),
        ("assigned", "olga"),
    ]
    assert len(rows(hub, delivery, "delivery_id")) == 1
    assert ("A", "1") in rows(hub, rotation, "partner_id", "numerator")
    with hub.reading() as connection:
        _, made = read_traces(hub, connection, "acme", lead_id)
    assert made["trace"][-1]["text"] == "Assigned to A by hand."


def test_a_pending_lead_moves_to_the_partner_a_person_names(
    hub: Hub, routing: Routing, make_context: Contexts, one: str
) -> None:
    assign_manually(hub, make_context(), routing(rules=[COUNTRY]), one, "C", "olga", now=20)

    assert rows(hub, assignment, "partner_id", "status", "active", "ended_at") == [
        ("A", "rerouted", False, 20),
        ("C", "pending", True, None),
    ]
    assert [kind for (kind,) in rows(hub, history, "kind")] == ["assigned", "assigned", "rerouted"]


def test_naming_the_partner_that_has_it_changes_nothing(
    hub: Hub, routing: Routing, make_context: Contexts, one: str
) -> None:
    before = contents(hub)

    assign_manually(hub, make_context(), routing(rules=[COUNTRY]), one, "A", "olga")

    assert contents(hub) == before


@pytest.mark.parametrize(
    ("lead_id", "partner", "message"),
    [(None, "Z", "no active partner"), (None, "D", "no active partner"), ("L0", "B", "no lead")],
)
def test_what_is_not_there_cannot_be_assigned(
    hub: Hub,
    routing: Routing,
    make_context: Contexts,
    one: str,
    lead_id: str | None,
    partner: str,
    message: str,
) -> None:
    add_partners(hub, [make_partner("D", active=False)])
    before = contents(hub)

    with pytest.raises(ActionRefused, match=message):
        assign_manually(hub, make_context(), routing(), lead_id or one, partner, "olga")

    assert contents(hub) == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"status": "deactivated"}, "closed"), ({"source_deleted": True}, "closed")],
)
def test_a_closed_lead_cannot_be_assigned(
    hub: Hub, routing: Routing, make_context: Contexts, one: str, changes: dict[str, Any], message: str
) -> None:
    with hub.transaction("acme") as connection:
        connection.execute(update(lead).values(**changes))

    with pytest.raises(ActionRefused, match=message):
        assign_manually(hub, make_context(), routing(), one, "B", "olga")


def test_an_accepted_lead_is_neither_reassigned_nor_rerouted(
    hub: Hub, routing: Routing, make_context: Contexts, one: str
) -> None:
    with hub.transaction("acme") as connection:
        connection.execute(update(assignment).values(status="accepted"))
        connection.execute(update(lead).values(status="accepted"))
    before = contents(hub)

    with pytest.raises(ActionRefused, match="final"):
        assign_manually(hub, make_context(), routing(), one, "B", "olga")
    counts = reroute(hub, make_context(), routing(), [one])

    assert counts.decided == 0
    assert contents(hub) == before


# Scenario 17, without the clock.
def test_scenario_17_a_pending_lead_goes_to_the_next_candidate_and_never_back(
    hub: Hub, routing: Routing, make_context: Contexts, one: str
) -> None:
    mapping = routing(rules=[COUNTRY], default_partner="A")

    for at in (20, 30, 40):
        reroute(hub, make_context(), mapping, [one], now=at)

    assert rows(hub, assignment, "attempt", "partner_id", "status", "active") == [
        (1, "A", "rerouted", False),
        (2, "B", "rerouted", False),
        (3, "C", "rerouted", False),
    ]
    assert rows(hub, lead, "status", "decision", "attempt") == [("unassigned", "assigned", 4)]
    assert rows(hub, routing_decision, "reason") == [
        ("round_robin",),
        ("round_robin",),
        ("rules",),
        ("no_partner_left",),
    ]


def test_a_rejected_lead_is_rerouted_and_says_so(
    hub: Hub, routing: Routing, make_context: Contexts, one: str
) -> None:
    ((assigned,),) = rows(hub, assignment, "assignment_id")
    with hub.transaction("acme") as connection:
        reject(connection, make_context(), assigned, via="portal")
        connection.execute(update(lead).values(sales_status="unqualified"))

    counts = reroute(hub, make_context(), routing(rules=[COUNTRY]), [one, "unknown"])

    assert (counts.decided, counts.assigned) == (1, 1)
    assert rows(hub, assignment, "partner_id", "status") == [("A", "rerouted"), ("B", "pending")]
    assert ("rerouted",) in rows(hub, history, "kind")
    assert rows(hub, lead, "sales_status") == [("open",)]  # the next partner begins anew


@pytest.mark.parametrize("changes", [{"status": "deactivated"}, {"source_deleted": True}])
def test_a_closed_lead_is_not_rerouted(
    hub: Hub, routing: Routing, make_context: Contexts, one: str, changes: dict[str, Any]
) -> None:
    with hub.transaction("acme") as connection:
        connection.execute(update(lead).values(**changes))
    before = contents(hub)

    assert reroute(hub, make_context(), routing(rules=[COUNTRY]), [one]).decided == 0
    assert contents(hub) == before


def test_a_lead_that_nobody_was_left_for_goes_on_when_somebody_comes(
    hub: Hub, routing: Routing, make_context: Contexts, one: str
) -> None:
    (unmatched,) = add_leads(hub, [{"country": "FR"}], number=2)
    mapping = routing(rules=[COUNTRY])
    route_waiting(hub, make_context(), mapping, now=10)
    for at in (20, 30, 40):
        reroute(hub, make_context(), mapping, [one], now=at)
    add_partners(hub, [make_partner("D", countries=["DE", "FR"])])

    counts = reroute(hub, make_context(), mapping, [one, unmatched], now=50)

    assert (counts.decided, counts.assigned) == (2, 2)
    assert rows(hub, assignment, "partner_id", "status", "lead_id")[-2:] == [
        ("C", "rerouted", one),
        ("D", "pending", one),
    ]
    assert [kind for (kind,) in rows(hub, history, "kind")].count("rerouted") == 3


def test_what_was_rejected_or_found_nobody_can_be_given_by_hand_to_whom_it_had(
    hub: Hub, routing: Routing, make_context: Contexts, one: str
) -> None:
    ((assigned,),) = rows(hub, assignment, "assignment_id")
    mapping = routing(rules=[COUNTRY])
    with hub.transaction("acme") as connection:
        reject(connection, make_context(), assigned, via="portal")

    assign_manually(hub, make_context(), mapping, one, "A", "olga", now=20)
    for at in (30, 40, 50):
        reroute(hub, make_context(), mapping, [one], now=at)
    assign_manually(hub, make_context(), mapping, one, "B", "olga", now=60)

    assert rows(hub, assignment, "partner_id", "status") == [
        ("A", "rerouted"),
        ("A", "rerouted"),
        ("B", "rerouted"),
        ("C", "rerouted"),
        ("B", "pending"),
    ]


def test_a_lead_that_another_task_rerouted_meanwhile_stays_with_its_new_partner(
    hub: Hub, routing: Routing, make_context: Contexts, one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping, later = routing(rules=[COUNTRY], reroute={"pending_days": 1}), 10**12

    def after_another(*args: Any, **named: Any) -> Any:
        monkeypatch.undo()
        reroute_overdue(hub, make_context(), mapping, now=later)
        return reroute(*args, **named)

    monkeypatch.setattr(again, "reroute", after_another)
    reroute_overdue(hub, make_context(), mapping, now=later)

    assert rows(hub, assignment, "partner_id", "status") == [("A", "rerouted"), ("B", "pending")]


def test_a_lead_not_yet_routed_is_left_to_the_first_routing(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    add_partners(hub, [make_partner("A")])
    (lead_id,) = add_leads(hub, [{}], judged="held")

    assert reroute(hub, make_context(), routing(), [lead_id]).decided == 0
