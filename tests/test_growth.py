"""Twice as many leads cost twice the work, not four times: counted in steps of SQLite, so on no clock."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Table, event, insert

from leadline import delivery, write_back
from leadline.hub import Hub, now_us
from leadline.hub.schema import assignment, crm_account, lead, partner, routing_decision, source_link
from leadline.hub.schema import delivery as outbox
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, Partner, stored_account, stored_partner
from leadline.runs import RunContext
from leadline.write_back import status
from tests.write_back.test_write_back import MAPPED, House

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
STEPS = 100  # between two counts


def add_leads(hub: Hub, count: int) -> None:
    """Add leads of one partner that were routed, accepted and pushed."""
    at = now_us()
    ids = [f"{number:05}" for number in range(count)]
    known = {"attributes": {}, "fingerprint": "f", "first_run": "r", "first_batch": "b", "mapping_hash": "m"}
    stands = {"status": "accepted", "sales_status": "open", "attempt": 1, "decision": "assigned"}
    decided = {"attempt": 1, "outcome": "assigned", "reason": "rule", "trace_id": "t", "decided_at": at}
    taken = {"attempt": 1, "partner_id": "P1", "status": "accepted", "active": True, "assigned_at": at}
    pushed = {"sequence": 1, "partner_id": "P1", "account_id": "C1", "state": "sent"}
    with hub.transaction("acme") as connection:

        def add(table: Table, more: Callable[[str], dict[str, object]], **same: object) -> None:
            rows = [{"supplier": "acme", "lead_id": f"L{one}"} | same | more(one) for one in ids]
            connection.execute(insert(table), rows)

        add(
            lead,
            lambda one: {"email": one, "email_key": one, "first_row": int(one)},
            **known,
            **stands,
            created_at=at,
            updated_at=at,
        )
        add(
            source_link,
            lambda one: {"identity": f"s:{one}", "record_id": one},
            fingerprint="f",
            first_seen_at=at,
        )
        add(routing_decision, lambda _: {}, **decided, run_id="r", actor="airflow")
        add(
            assignment, lambda one: {"assignment_id": f"A{one}"}, **taken, cause="rule", run_id="r", actor="x"
        )
        add(
            outbox,
            lambda one: {"delivery_id": f"D{one}", "assignment_id": f"A{one}", "queued_at": int(one)},
            **pushed,
            run_id="r",
        )


def steps_of(hub: Hub, work: Callable[[], object]) -> int:
    """Return how many hundreds of steps SQLite made for this."""
    counted = [0]

    def count() -> None:
        counted[0] += 1

    hub.engine.dispose()  # every connection from here on is one that counts
    event.listen(hub.engine, "connect", lambda raw, _: raw.set_progress_handler(count, STEPS))
    work()
    return counted[0]


def test_telling_twice_as_many_leads_costs_twice_as_much(
    make_hub: Callable[..., Hub],
    make_mapping: Callable[..., SupplierMapping],
    make_context: Callable[..., RunContext],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(status, "QUEUE_ROWS", 25)

    def cost(leads: int) -> int:
        house = House(make_hub(), make_context(), make_mapping("salesforce", write_back=MAPPED))
        add_leads(house.hub, leads)
        done: list[write_back.WriteCounts] = []
        steps = steps_of(house.hub, lambda: done.append(house.run(chunk_rows=25)))
        assert done == [write_back.WriteCounts(written=leads)]
        return steps

    assert cost(800) < 2.5 * cost(400)


def test_an_update_of_a_few_leads_does_not_look_at_all_others(
    make_hub: Callable[..., Hub],
    make_mapping: Callable[..., SupplierMapping],
    make_context: Callable[..., RunContext],
) -> None:
    mapping, ctx = make_mapping(), make_context()
    few = [(f"L{number:05}", ["company"]) for number in range(20)]
    account = CrmAccount(id="C1", connection="c1")
    one = Partner(id="P1", name="Alpine", crm="C1", field_updates="all")

    def cost(leads: int) -> int:
        hub = make_hub()
        with hub.transaction("acme") as connection:
            connection.execute(insert(crm_account).values(stored_account("acme", account, 1)))
            connection.execute(insert(partner).values(stored_partner("acme", one, 1)))
        add_leads(hub, leads)

        def update() -> None:
            for _ in range(2):  # the second supersedes the first
                with hub.transaction("acme") as connection:
                    assert delivery.queue_updates(hub, connection, ctx, mapping, few) == len(few)

        return steps_of(hub, update)

    assert cost(2_000) < 1.5 * cost(200)
