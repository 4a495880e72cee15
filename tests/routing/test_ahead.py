"""A batch is decided while the one before it is written: what comes of it is as if it had waited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, CursorResult, insert, select, update

from leadline.hub import Hub
from leadline.hub.schema import assignment, campaign, lead
from leadline.mapping.model import SupplierMapping
from leadline.routing import assign_manually, route_batch, route_waiting
from leadline.runs import RunContext
from tests.contents import contents
from tests.routing.conftest import add_leads, add_partners, condition, make_partner, rule

DAY = 86_400_000_000
NOW = 10 * DAY
TIER = rule(
    "tier",
    *(
        [condition("campaign.tier equals", one), condition(f"partner.{one} equals", "yes")]
        for one in ("gold", "tin")
    ),
    required=True,
)

Furnished = Callable[[], tuple[Hub, SupplierMapping, RunContext, list[list[str]]]]
Disturb = Callable[[Hub, SupplierMapping, RunContext, list[list[str]]], object]


class _Disturbed(Hub):
    """A hub at which something happens just before this supplier's lock is taken for the nth time."""

    def __init__(self, hub: Hub, number: int, happens: Callable[[], object]) -> None:
        self.engine = hub.engine
        self._left, self._happens = number, happens

    @contextmanager
    def transaction(self, supplier_key: str | None = None) -> Iterator[Connection]:
        if supplier_key is not None:
            self._left -= 1
            if self._left == 0:
                self._happens()
        with super().transaction(supplier_key) as connection:
            yield connection


class _Failing(Hub):
    """A hub whose database fails once, at a statement's nth time."""

    def __init__(self, hub: Hub, statement: str, number: int) -> None:
        self.engine = hub.engine
        self._statement, self._left = statement, number

    def run(self, connection: Connection, statement: str, /, **values: Any) -> CursorResult[Any]:
        if statement == self._statement:
            self._left -= 1
            if self._left == 0:
                raise OSError("the disk is full")
        return super().run(connection, statement, **values)


@pytest.fixture
def furnished(
    make_hub: Callable[..., Hub],
    routing: Callable[..., SupplierMapping],
    make_context: Callable[..., RunContext],
) -> Furnished:
    """Return a factory of hubs alike: partners with and without caps, three batches of a dozen leads."""

    def make() -> tuple[Hub, SupplierMapping, RunContext, list[list[str]]]:
        hub = make_hub()
        cap = {"leads": 5, "period": "day", "timezone": "UTC"}
        add_partners(
            hub,
            [
                make_partner("A", gold="yes", auto_accept=True, crm="sf-a", weight=3),
                make_partner("B", gold="yes", tin="yes", cap=cap),
                make_partner("C", gold="yes", tin="yes"),
            ],
        )
        with hub.transaction("acme") as connection:
            for key, tier in (("one", "gold"), ("two", "tin")):
                values = {"tier": tier}
                connection.execute(
                    insert(campaign).values(
                        supplier="acme",
                        campaign_key=key,
                        name=key,
                        attributes=values,
                        fingerprint="f",
                        shared=False,
                        updated_run="run-1",
                        updated_at=1,
                    )
                )
        leads = [{"campaign_key": ("one", "two")[row % 3 == 0]} for row in range(12)]
        fields = [{"name": "name", "source": "Name"}, {"name": "tier", "source": "Tier"}]
        batches = [add_leads(hub, leads, number=number) for number in (1, 2, 3)]
        return hub, routing(rules=[TIER], campaigns={"fields": fields}), make_context(), batches

    return make


def nothing(*_: object) -> None:
    """Let everything be."""


def close_a_lead(hub: Hub, _mapping: object, _ctx: object, batches: list[list[str]]) -> None:
    """Let the supplier take a lead back that is still to be routed."""
    with hub.transaction("acme") as connection:
        connection.execute(update(lead).where(lead.c.lead_id == batches[1][4]).values(source_deleted=True))


def change_a_lead(hub: Hub, _mapping: object, _ctx: object, batches: list[list[str]]) -> None:
    """Let a lead that is still to be routed turn out to be of another campaign."""
    with hub.transaction("acme") as connection:
        connection.execute(update(lead).where(lead.c.lead_id == batches[1][4]).values(campaign_key="two"))


def deactivate_a_partner(hub: Hub, *_: object) -> None:
    """Let a partner take no more leads."""
    add_partners(hub, [make_partner("A", gold="yes", auto_accept=True, crm="sf-a", weight=3, active=False)])


def change_a_campaign(hub: Hub, *_: object) -> None:
    """Let a campaign be for nobody."""
    with hub.transaction("acme") as connection:
        connection.execute(update(campaign).where(campaign.c.campaign_key == "one").values(attributes={}))


def assign_one_by_hand(hub: Hub, mapping: SupplierMapping, ctx: RunContext, batches: list[list[str]]) -> None:
    """Let a person give a lead of a later batch away, which counts in rotation and cap."""
    assign_manually(hub, ctx, mapping, batches[2][0], "B", "olga", now=NOW)


def route_it_first(hub: Hub, mapping: SupplierMapping, ctx: RunContext, _batches: object) -> None:
    """Let another run route the second batch."""
    route_batch(hub, ctx, mapping, "run-1:leads:2", now=NOW)


DISTURBANCES = (
    close_a_lead,
    change_a_lead,
    deactivate_a_partner,
    change_a_campaign,
    assign_one_by_hand,
    route_it_first,
)


def one_after_the_other(furnished: Furnished, disturb: Disturb, number: int) -> dict[str, Any]:
    """Return what a hub holds where each batch began when the one before it had ended."""
    hub, mapping, ctx, batches = furnished()
    for one in (1, 2, 3):
        if one == number:
            disturb(hub, mapping, ctx, batches)
        route_batch(hub, ctx, mapping, f"run-1:leads:{one}", now=NOW)
    return contents(hub, "supplier")


def ahead(furnished: Furnished, disturb: Disturb, number: int) -> dict[str, Any]:
    """Return what a hub holds that was disturbed once the batch of this number was decided."""
    hub, mapping, ctx, batches = furnished()
    route_waiting(_Disturbed(hub, number, lambda: disturb(hub, mapping, ctx, batches)), ctx, mapping, now=NOW)
    return contents(hub, "supplier")


def test_batches_come_out_as_if_each_had_waited_for_the_one_before(furnished: Furnished) -> None:
    assert ahead(furnished, nothing, 0) == one_after_the_other(furnished, nothing, 0)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("disturb", DISTURBANCES)
def test_what_changes_after_a_batch_was_decided_is_heeded_all_the_same(
    furnished: Furnished, disturb: Disturb, number: int
) -> None:
    found = ahead(furnished, disturb, number)

    assert found == one_after_the_other(furnished, disturb, number)
    decisions = one_after_the_other(furnished, nothing, 0)["routing_decision"]
    assert (found["routing_decision"] == decisions) is (disturb is route_it_first and number == 2)


def test_a_batch_that_cannot_be_written_ends_the_routing_and_the_next_one_finishes(
    furnished: Furnished,
) -> None:
    hub, mapping, ctx, batches = furnished()

    with pytest.raises(OSError, match="disk is full"):
        route_waiting(_Failing(hub, "assignment_keep", 2), ctx, mapping, now=NOW)
    with hub.reading() as connection:
        assigned = set(connection.execute(select(assignment.c.lead_id)).scalars())
    counts = route_waiting(hub, ctx, mapping, now=NOW)

    assert assigned == set(batches[0])
    assert counts.decided == len(batches[1]) + len(batches[2])
    assert contents(hub, "supplier") == one_after_the_other(furnished, nothing, 0)
