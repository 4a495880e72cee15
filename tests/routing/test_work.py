"""Routing in the hub: what is written, in which order, and that nothing is written twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update

from leadline.hub import Hub
from leadline.hub.keys import assignment_id, delivery_id
from leadline.hub.schema import (
    assignment,
    delivery,
    history,
    lead,
    pull,
    rotation,
    routing_decision,
    routing_trace,
)
from leadline.mapping.model import SupplierMapping
from leadline.routing import RouteCounts, read_traces, route_waiting
from leadline.runs import RunContext
from tests.contents import contents
from tests.routing.conftest import add_leads, add_partners, condition, make_partner, rule

Routing = Callable[..., SupplierMapping]
Contexts = Callable[..., RunContext]
COUNTRY = rule("country", [condition("lead.country same_as_partner countries")], required=True)


def rows(hub: Hub, table: Any, *columns: str) -> list[tuple[Any, ...]]:
    with hub.reading() as connection:
        return [tuple(row) for row in connection.execute(select(*(table.c[name] for name in columns)))]


def owners(hub: Hub, lead_ids: list[str]) -> list[str | None]:
    """Return who has these leads now."""
    found = {
        lead_id: partner
        for lead_id, partner, active in rows(hub, assignment, "lead_id", "partner_id", "active")
        if active
    }
    return [found.get(one) for one in lead_ids]


def test_a_lead_is_assigned_with_everything_that_follows(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    add_partners(hub, [make_partner("A", countries=["DE"]), make_partner("B", countries=["FR"])])
    (first,) = add_leads(hub, [{"country": "de"}])

    counts = route_waiting(hub, make_context(rules_hash="r" * 64), routing(rules=[COUNTRY]), now=5_000_000)

    assert counts == RouteCounts(decided=1, assigned=1, reasons=(("rules", 1),))
    assert rows(hub, lead, "status", "decision", "attempt") == [("pending", "assigned", 1)]
    assert rows(
        hub, assignment, "assignment_id", "partner_id", "status", "active", "cause", "assigned_at"
    ) == [(assignment_id("acme", first, 1), "A", "pending", True, "rules", 5_000_000)]
    assert rows(hub, routing_decision, "outcome", "partner_id", "reason") == [("assigned", "A", "rules")]
    with hub.reading() as connection:
        (decision,) = read_traces(hub, connection, "acme", first)
    assert (decision["rules_hash"], decision["mapping_hash"]) == ("r" * 64, "0" * 64)
    assert rows(hub, history, "kind", "run_id", "actor") == [("assigned", "run-1", "airflow")]
    assert rows(hub, delivery, "delivery_id") == []


# Scenario 13 of the domain.
def test_scenario_13_auto_accept_of_one_supplier_accepts_and_queues_its_leads_only(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    mapping = routing(rules=[COUNTRY])
    for supplier, accepts in (("acme", True), ("globex", False)):
        partner = make_partner("A", countries=["DE"], auto_accept=accepts, crm="sf-a")
        add_partners(hub, [partner], supplier)
        add_leads(hub, [{"country": "DE"}], supplier=supplier)

    for supplier in ("acme", "globex"):
        route_waiting(hub, make_context(supplier=supplier), mapping)

    assert sorted(rows(hub, lead, "supplier", "status")) == [("acme", "accepted"), ("globex", "pending")]
    ((supplier, accepted),) = [
        row for row in rows(hub, assignment, "supplier", "accepted_at") if row[1] is not None
    ]
    assert supplier == "acme"
    assert accepted
    assert sorted(rows(hub, history, "supplier", "kind")) == [
        ("acme", "accepted"),
        ("acme", "assigned"),
        ("globex", "assigned"),
    ]
    ((queued, one, sequence, account, state),) = rows(
        hub, delivery, "delivery_id", "assignment_id", "sequence", "account_id", "state"
    )
    assert (queued, sequence, account, state) == (delivery_id("acme", one, 1), 1, "sf-a", "waiting")


def test_leads_that_are_alike_but_for_their_address_are_told_apart(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    add_partners(hub, [make_partner("A")])
    ids = add_leads(hub, [{}, {}])
    rules = [rule("vip", [condition("lead.email equals", "person1@example.com")], required=True)]

    route_waiting(hub, make_context(), routing(rules=rules))

    assert owners(hub, ids) == [None, "A"]


def test_an_accepting_partner_that_does_not_synchronise_gets_no_delivery(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    add_partners(hub, [make_partner("A", auto_accept=True, crm="sf-a", synchronize=False)])
    add_leads(hub, [{}])

    counts = route_waiting(hub, make_context(), routing())

    assert (counts.accepted, counts.queued) == (1, 0)
    assert rows(hub, delivery, "delivery_id") == []


def test_routing_again_changes_nothing(hub: Hub, routing: Routing, make_context: Contexts) -> None:
    add_partners(hub, [make_partner(name, auto_accept=True, crm=f"sf-{name}") for name in "ABC"])
    add_leads(hub, [{}] * 5)
    mapping = routing()
    route_waiting(hub, make_context(), mapping)
    before = contents(hub)

    counts = route_waiting(hub, make_context(run_id="run-2"), mapping)

    assert counts == RouteCounts()
    assert contents(hub) == before


def test_a_dry_run_counts_and_leaves_the_hub_as_it_was(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    add_partners(hub, [make_partner("A", countries=["DE"])])
    add_leads(hub, [{"country": "DE"}, {"country": "FR"}])
    add_leads(hub, [{"country": "DE"}], number=2)
    before = contents(hub)

    counts = route_waiting(hub, make_context(), routing(rules=[COUNTRY]), dry_run=True)

    assert (counts.decided, counts.assigned, counts.unassigned) == (3, 2, 1)
    assert contents(hub) == before


# Scenario 9 of the domain.
def test_scenario_9_the_rotation_goes_on_across_batches_runs_and_restarts(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    add_partners(hub, [make_partner(name) for name in "CBA"])
    mapping = routing()

    found: list[str | None] = []
    for number, size in enumerate([2, 1, 3, 2], start=1):
        ids = add_leads(hub, [{}] * size, run_id=f"run-{number}", started_at=number)
        reopened = Hub(hub.engine.url.render_as_string(hide_password=False))
        route_waiting(reopened, make_context(), mapping)
        reopened.engine.dispose()
        found += owners(hub, ids)

    assert found == list("ABCABCAB")


def test_leads_are_routed_in_the_order_of_run_batch_and_row(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    add_partners(hub, [make_partner(name) for name in "ABCDEF"])
    third = add_leads(hub, [{}, {}], run_id="run-b", started_at=20)
    first = add_leads(hub, [{}], run_id="run-z", started_at=10)
    second = add_leads(hub, [{}], run_id="run-z", started_at=10, number=2)
    fourth = add_leads(hub, [{}], run_id="run-b", started_at=20, number=10)

    route_waiting(hub, make_context(), routing())

    assert owners(hub, [*first, *second, *third, *fourth]) == list("ABCDE")


def test_leads_of_a_held_pull_or_of_one_not_judged_yet_wait(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    add_partners(hub, [make_partner("A")])
    held = add_leads(hub, [{}, {}], run_id="held", judged="held")
    unjudged = add_leads(hub, [{}], run_id="running", judged=None)
    passed = add_leads(hub, [{}], run_id="passed")

    counts = route_waiting(hub, make_context(), routing())

    assert (counts.decided, counts.held) == (1, 3)
    assert owners(hub, [*held, *unjudged, *passed]) == [None, None, None, "A"]

    with hub.transaction("acme") as connection:
        connection.execute(update(pull).values(judged="passed"))
    assert route_waiting(hub, make_context(), routing()).decided == 3


def test_a_lead_that_its_source_took_back_is_closed_and_not_routed(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    add_partners(hub, [make_partner("A")])
    add_leads(hub, [{"source_deleted": True, "preassigned": "Partner A"}])

    counts = route_waiting(hub, make_context(), routing())

    assert (counts.unassigned, counts.closed, counts.assigned) == (1, 1, 0)
    assert rows(hub, lead, "status", "decision") == [("deactivated", "unassigned")]
    assert rows(hub, routing_decision, "reason") == [("source_deleted",)]
    assert rows(hub, history, "kind") == [("deactivated",)]


def test_two_routings_at_once_give_each_lead_one_assignment(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    add_partners(hub, [make_partner(name) for name in "ABC"])
    for number in range(1, 7):
        add_leads(hub, [{}] * 5, number=number)
    mapping = routing()
    start = threading.Barrier(2)
    counts: list[RouteCounts] = []

    def work(run_id: str) -> None:
        mine = Hub(hub.engine.url.render_as_string(hide_password=False))
        start.wait()
        counts.append(route_waiting(mine, make_context(run_id=run_id), mapping))
        mine.engine.dispose()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(one.decided for one in counts) == 30
    assert Counter(partner for (partner,) in rows(hub, assignment, "partner_id")) == {
        "A": 10,
        "B": 10,
        "C": 10,
    }
    assert len(rows(hub, routing_decision, "lead_id")) == 30


def test_a_cap_counts_the_assignments_of_its_period_over_runs(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    day = 86_400_000_000
    add_partners(
        hub,
        [
            make_partner("A", cap={"leads": 2, "period": "day", "timezone": "UTC"}),
            make_partner("B"),
        ],
    )
    mapping = routing()

    first = add_leads(hub, [{}] * 3, run_id="1", started_at=1)
    route_waiting(hub, make_context(), mapping, now=10 * day)
    second = add_leads(hub, [{}] * 4, run_id="2", started_at=2)
    route_waiting(hub, make_context(), mapping, now=10 * day + day // 2)
    third = add_leads(hub, [{}] * 2, run_id="3", started_at=3)
    route_waiting(hub, make_context(), mapping, now=11 * day)

    assert owners(hub, [*first, *second]) == list("ABA") + list("BBBB")
    # Back from its cap A starts where B stands: it does not make up for the day.
    assert owners(hub, third) == list("AB")


def test_equal_paths_are_kept_once_and_read_as_a_trace_of_each_lead(
    hub: Hub, routing: Routing, make_context: Contexts
) -> None:
    add_partners(
        hub,
        [make_partner("A", countries=["DE"]), make_partner("B", countries=["DE"]), make_partner("C")],
    )
    ids = add_leads(hub, [{"country": "DE"}] * 4)
    route_waiting(hub, make_context(rules_hash="v7"), routing(rules=[COUNTRY]))

    assert len(rows(hub, routing_trace, "trace_id")) == 3  # rules, partners, and one path
    with hub.reading() as connection:
        (decision,) = read_traces(hub, connection, "acme", ids[2])
    ruled, turned, end = decision["trace"]
    assert decision["partner"] == "A"
    assert ruled["rule"] == "country"
    assert ruled["rules_version"] == "v7"
    assert ruled["lead_values"] == {"lead.country": "DE"}
    assert (ruled["before"], ruled["after"]) == (["A", "B", "C"], ["A", "B"])
    assert ruled["eliminated"] == [{"partner": "C", "name": "Partner C", "why": "countries is empty"}]
    assert [one["partner"] for one in turned["compared"]] == ["A", "B"]
    assert turned["compared"][0] == {"partner": "A", "virtual_time": "1", "last_assignment": 1}
    assert end["reason"] == "round_robin"


def test_campaign_fields_are_routed_on(hub: Hub, routing: Routing, make_context: Contexts) -> None:
    from leadline.hub.schema import campaign

    add_partners(hub, [make_partner("A", tier="gold"), make_partner("B", tier="silver")])
    with hub.transaction("acme") as connection:
        connection.execute(
            campaign.insert().values(
                supplier="acme",
                campaign_key="SUMMER",
                name="Summer",
                attributes={"theme": "Premium"},
                fingerprint="f",
                shared=True,
                updated_run="r",
                updated_at=1,
            )
        )
    ids = add_leads(hub, [{"campaign_key": "SUMMER"}, {"campaign_key": "OTHER"}])
    theme = rule(
        "theme",
        [condition("campaign.theme equals", " premium "), condition("partner.tier equals", "GOLD")],
        required=True,
    )

    route_waiting(hub, make_context(), routing(rules=[theme]))

    assert owners(hub, ids) == ["A", None]


def test_rotation_rows_hold_exact_fractions(hub: Hub, routing: Routing, make_context: Contexts) -> None:
    add_partners(hub, [make_partner("A", weight=0.3), make_partner("B", weight=7)])
    add_leads(hub, [{}, {}])

    route_waiting(hub, make_context(), routing())

    assert sorted(rows(hub, rotation, "partner_id", "numerator", "denominator", "last_sequence")) == [
        ("A", "10", "3", 1),
        ("B", "1", "7", 2),
    ]
