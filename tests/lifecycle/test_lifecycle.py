"""The life cycle: which moves there are, and what a partner's answer changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import insert, select

from leadline.hub import Hub
from leadline.hub.schema import assignment, history, lead
from leadline.lifecycle import DistributionStatus, Move, accept, reject, transition
from leadline.runs import RunContext

LEGAL = {
    # domain terms, "life cycle", the table of axis A
    ("unassigned", "pending"),
    ("pending", "accepted"),
    ("pending", "rejected"),
    ("pending", "rerouted"),
    ("rejected", "rerouted"),
    # any -> deactivated
    ("unassigned", "deactivated"),
    ("pending", "deactivated"),
    ("accepted", "deactivated"),
    ("rejected", "deactivated"),
    ("rerouted", "deactivated"),
}


@pytest.mark.parametrize("before", DistributionStatus)
@pytest.mark.parametrize("after", DistributionStatus)
def test_only_the_moves_of_the_life_cycle_are_made(
    before: DistributionStatus, after: DistributionStatus
) -> None:
    move = transition(before, after)

    if before is after:
        assert move is Move.ALREADY
    else:
        assert move is (Move.MADE if (before.value, after.value) in LEGAL else Move.REFUSED)


@pytest.fixture
def pending(hub: Hub) -> Hub:
    """Return a hub with lead L1, pending at partner P1 by assignment A1."""
    with hub.transaction("acme") as connection:
        connection.execute(
            insert(lead).values(
                supplier="acme",
                lead_id="L1",
                email="a@b.example",
                email_key="a@b.example",
                attributes={},
                fingerprint="f",
                status="pending",
                sales_status="open",
                first_run="r",
                first_batch="b",
                first_row=0,
                mapping_hash="m",
                created_at=1,
                updated_at=1,
            )
        )
        connection.execute(
            insert(assignment).values(
                supplier="acme",
                assignment_id="A1",
                lead_id="L1",
                attempt=1,
                partner_id="P1",
                status="pending",
                active=True,
                cause="rule",
                run_id="r",
                actor="airflow",
                assigned_at=1,
            )
        )
    return hub


def kinds(hub: Hub) -> list[str]:
    with hub.reading() as connection:
        return list(connection.execute(select(history.c.kind).order_by(history.c.at)).scalars())


def test_a_pending_lead_is_accepted_once_and_a_second_click_changes_nothing(
    pending: Hub, make_context: Callable[..., RunContext]
) -> None:
    ctx = make_context(actor="rep@partner.example")

    with pending.transaction("acme") as connection:
        first = accept(connection, ctx, "A1", via="mail")
        second = accept(connection, ctx, "A1", via="mail")

    assert (first.move, second.move) == (Move.MADE, Move.ALREADY)
    assert kinds(pending) == ["accepted"]
    with pending.reading() as connection:
        row = connection.execute(select(assignment)).one()
        assert (row.status, row.active, row.accepted_at is not None) == ("accepted", True, True)
        assert connection.execute(select(lead.c.status)).scalar_one() == "accepted"


def test_a_rejection_keeps_its_reasons_and_ends_the_assignment(
    pending: Hub, make_context: Callable[..., RunContext]
) -> None:
    with pending.transaction("acme") as connection:
        reply = reject(connection, make_context(), "A1", via="portal", reasons={"reason": "wrong dealer"})

    assert reply.status is DistributionStatus.REJECTED
    with pending.reading() as connection:
        row = connection.execute(select(assignment)).one()
        assert (row.status, row.active, row.ended_at is not None) == ("rejected", False, True)
        assert (
            '"reasons":{"reason":"wrong dealer"}' in connection.execute(select(history.c.after)).scalar_one()
        )


def test_an_accepted_lead_cannot_be_rejected(pending: Hub, make_context: Callable[..., RunContext]) -> None:
    with pending.transaction("acme") as connection:
        accept(connection, make_context(), "A1", via="portal")
        reply = reject(connection, make_context(), "A1", via="portal")

    assert reply.move is Move.REFUSED
    assert kinds(pending) == ["accepted"]


def test_an_unknown_assignment_is_reported_as_such(hub: Hub, make_context: Callable[..., RunContext]) -> None:
    with hub.transaction("acme") as connection:
        assert accept(connection, make_context(), "A9", via="mail").move is Move.UNKNOWN


def test_another_suppliers_assignment_is_unknown(
    pending: Hub, make_context: Callable[..., RunContext]
) -> None:
    with pending.transaction("acme~test") as connection:
        reply = accept(connection, make_context(supplier="acme~test"), "A1", via="mail")

    assert reply.move is Move.UNKNOWN
