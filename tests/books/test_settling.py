"""Books that balance are kept; whatever is deleted, doubled or misfiled turns them red, by name."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import delete, insert, select, update

from leadline import books, write_back
from leadline.books.recount import recount
from leadline.errors import BooksDoNotBalance, ThresholdExceeded
from leadline.hub import now_us
from leadline.hub.schema import metadata
from leadline.pulls import judge_pull, release_pull
from leadline.routing import route_waiting
from leadline.runs import count_queued
from tests.books.conftest import Records


def settle(day, ctx):
    return books.settle(day.hub, day.intake.staging, ctx)


def test_books_of_a_whole_run_balance(day, records, record) -> None:
    campaigns = (record("C1", name="Summer sale", theme="summer "), record("C2", name=None))
    ctx = day.run("run-1", *records, campaigns=campaigns)

    found = settle(day, ctx)

    assert (found.received, found.quarantined, found.filtered, found.known, found.updated, found.new) == (
        6, 1, 1, 0, 0, 4,
    )  # fmt: skip
    assert (found.assigned, found.unassigned, found.held) == (3, 1, 0)
    assert found.deliveries["queued"] == found.deliveries["sent"] == 2
    assert found.write_backs == {"queued": 4, "sent": 3, "refused": 1, "waiting": 0, "superseded": 0}
    assert (found.campaigns["received"], found.campaigns["new"], found.campaigns["quarantined"]) == (2, 1, 1)
    (kept,) = day.intake.rows("run", "books")
    assert json.loads(kept)["new"] == 4
    assert day.intake.rows("run", "balanced") == [True]


@pytest.mark.parametrize("outbox", ["events", "opportunities"])
def test_what_a_partner_did_and_nobody_was_told_turns_the_books_red(day, records, outbox) -> None:
    ctx = day.run("run-1", *records)
    assert settle(day, ctx).to_dict()[outbox]["queued"] == 0

    with day.hub.transaction("acme") as connection:
        count_queued(day.hub, connection, ctx, **{outbox: 1})  # the row itself is gone

    with pytest.raises(BooksDoNotBalance, match=f"1 {outbox} were queued, 0 are there"):
        settle(day, ctx)


def test_books_of_later_runs_balance_too(day, records, record) -> None:
    first = day.run("run-1", *records)
    settle(day, first)
    second = day.run(
        "run-2",
        record("1", country="DE", company="New"), record("2", country="FR"), record("7", country="DE"),
        record("3", country="ES", deleted=True), record("4", country="XX", deleted=True),
    )  # fmt: skip

    found = settle(day, second)
    again = settle(day, first)

    assert (found.received, found.known, found.updated, found.new) == (5, 1, 3, 1)
    assert again.balanced


def test_books_balance_though_a_campaign_changed(day, record) -> None:
    day.run("run-1", campaigns=(record("C1", name="Summer"),))

    found = settle(day, day.run("run-2", campaigns=(record("C1", name="Summer sale"),)))

    assert found.campaigns["updated"] == 1


def test_books_of_an_empty_run_balance(day) -> None:
    assert settle(day, day.run("run-1")).received == 0


def test_a_run_that_waits_does_not_hide_it(day, records) -> None:
    ctx = day.run("run-1", *records, push=False)

    found = settle(day, ctx)

    assert (found.deliveries["queued"], found.deliveries["waiting"]) == (2, 2)


def test_a_held_pull_balances_with_its_leads_held(make_intake, record, day) -> None:
    day.mapping = day.intake.mapping = day.mapping.model_copy(
        update={"threshold": day.mapping.threshold.model_copy(update={"minimum_rows": 1, "share": 0.4})}
    )
    ctx = day.intake.start("run-1")
    (batch,) = day.intake.land(ctx, record("1", country="DE"), record("2", email=None)).batches
    day.intake.receive(ctx, batch)

    for _ in range(2):  # judged once, the verdict repeated
        with pytest.raises(ThresholdExceeded, match="1 of 2 rows"):
            judge_pull(day.hub, ctx, day.mapping)
    route_waiting(day.hub, ctx, day.mapping)
    held = settle(day, ctx)
    released = release_pull(day.hub, "acme", "run-1", "ann")
    judge_pull(day.hub, ctx, day.mapping)
    route_waiting(day.hub, ctx, day.mapping)
    after = settle(day, ctx)

    assert (held.held, held.assigned, after.held, after.assigned) == (1, 0, 0, 1)
    assert released
    assert not release_pull(day.hub, "acme", "run-1", "ann")
    assert day.intake.rows("pull", "judged", "released_by") == [("passed", "ann")]


def test_a_small_pull_is_never_held(day, record) -> None:
    ctx = day.intake.start("run-1")
    (batch,) = day.intake.land(ctx, *(record(str(n), email=None) for n in range(19))).batches
    day.intake.receive(ctx, batch)

    judge_pull(day.hub, ctx, day.mapping)

    assert day.intake.rows("pull", "judged") == ["passed"]


# one row deleted, doubled or misfiled: (table, which row, what is done to it)

PUSHED = {"state": "sent", "sequence": 1}
DAMAGES = [
    # receipts
    ("receipt", {"outcome": "new"}, "delete", {}),
    ("receipt", {"outcome": "quarantined"}, "delete", {}),
    ("receipt", {"outcome": "filtered"}, "delete", {}),
    ("receipt", {"outcome": "known"}, "delete", {}),
    ("receipt", {"outcome": "updated"}, "delete", {}),
    ("receipt", {"outcome": "new"}, "double", {"row": 77}),
    ("receipt", {"outcome": "quarantined"}, "double", {"row": 77}),
    ("receipt", {"outcome": "new"}, "double", {"batch_id": "run-2:leads:9"}),
    ("receipt", {"outcome": "new"}, "misfile", {"batch_id": "run-9:leads:1"}),
    ("receipt", {"outcome": "new"}, "misfile", {"run_id": "run-9"}),
    ("receipt", {"outcome": "new"}, "misfile", {"row": 77}),
    ("receipt", {"outcome": "new"}, "misfile", {"outcome": "known"}),
    ("receipt", {"outcome": "new"}, "misfile", {"outcome": "updated"}),
    ("receipt", {"outcome": "new"}, "misfile", {"outcome": "invented"}),
    ("receipt", {"outcome": "known"}, "misfile", {"outcome": "updated"}),
    ("receipt", {"outcome": "updated"}, "misfile", {"outcome": "known"}),
    ("receipt", {"outcome": "known"}, "misfile", {"outcome": "new"}),
    ("receipt", {"outcome": "filtered"}, "misfile", {"outcome": "quarantined"}),
    ("receipt", {"outcome": "quarantined"}, "misfile", {"outcome": "filtered"}),
    ("receipt", {"outcome": "filtered"}, "misfile", {"outcome": "known"}),
    ("receipt", {"outcome": "new"}, "misfile", {"lead_id": "L0"}),
    ("receipt", {"outcome": "known"}, "misfile", {"lead_id": "L0"}),
    ("receipt", {"outcome": "new"}, "misfile", {"supplier": "globex"}),
    # leads
    ("lead", {"status": "accepted"}, "delete", {}),
    ("lead", {"status": "unassigned"}, "delete", {}),
    ("lead", {"status": "accepted"}, "double", {"lead_id": "L0", "merge_key": None}),
    ("lead", {"status": "accepted"}, "misfile", {"first_run": "run-9"}),
    ("lead", {"status": "accepted"}, "misfile", {"first_batch": "run-9:leads:1"}),
    ("lead", {"status": "accepted"}, "misfile", {"first_row": 77}),
    ("lead", {"status": "accepted"}, "misfile", {"decision": "unassigned"}),
    ("lead", {"status": "accepted"}, "misfile", {"decision": None}),
    ("lead", {"status": "accepted"}, "misfile", {"status": "pending"}),
    ("lead", {"status": "accepted"}, "misfile", {"status": "unassigned"}),
    ("lead", {"status": "accepted"}, "misfile", {"attempt": 0}),
    ("lead", {"status": "unassigned"}, "misfile", {"attempt": 2}),
    ("lead", {"status": "unassigned"}, "misfile", {"status": "pending"}),
    ("lead", {"status": "accepted"}, "misfile", {"supplier": "globex"}),
    ("source_link", {}, "delete", {}),
    ("source_link", {}, "misfile", {"supplier": "globex"}),
    ("source_link", {"sequence": 1}, "misfile", {"sequence": 0}),
    ("source_link", {"sequence": 1}, "misfile", {"sequence": 2}),
    # assignments and decisions
    ("assignment", {"status": "accepted"}, "delete", {}),
    ("assignment", {"status": "pending"}, "delete", {}),
    ("assignment", {"status": "accepted"}, "double", {"assignment_id": "A0", "attempt": 2, "active": False}),
    ("assignment", {"status": "accepted"}, "double", {"assignment_id": "A0", "lead_id": "L0"}),
    ("assignment", {"status": "accepted"}, "misfile", {"lead_id": "L0"}),
    ("assignment", {"status": "accepted"}, "misfile", {"partner_id": "P9"}),
    ("assignment", {"status": "accepted"}, "misfile", {"attempt": 2}),
    ("assignment", {"status": "accepted"}, "misfile", {"active": False}),
    ("assignment", {"status": "accepted"}, "misfile", {"status": "pending"}),
    ("assignment", {"status": "pending"}, "misfile", {"active": False}),
    ("assignment", {"status": "accepted"}, "misfile", {"supplier": "globex"}),
    ("routing_decision", {"outcome": "assigned"}, "delete", {}),
    ("routing_decision", {"outcome": "unassigned"}, "delete", {}),
    ("routing_decision", {"outcome": "assigned"}, "double", {"attempt": 2}),
    ("routing_decision", {"outcome": "assigned"}, "misfile", {"outcome": "unassigned"}),
    ("routing_decision", {"outcome": "assigned"}, "misfile", {"partner_id": "P9"}),
    ("routing_decision", {"outcome": "unassigned"}, "misfile", {"attempt": 2}),
    # deliveries
    ("delivery", PUSHED, "delete", {}),
    ("delivery", PUSHED, "double", {"delivery_id": "D0"}),
    ("delivery", PUSHED, "double", {"delivery_id": "D0", "sequence": 2}),
    (
        "delivery",
        PUSHED,
        "double",
        {"delivery_id": "D0", "sequence": 2, "state": "waiting", "assignment_id": "A0"},
    ),
    ("delivery", PUSHED, "misfile", {"assignment_id": "A0"}),
    ("delivery", PUSHED, "misfile", {"lead_id": "L0"}),
    ("delivery", PUSHED, "misfile", {"partner_id": "P9"}),
    ("delivery", PUSHED, "misfile", {"sequence": 2}),
    ("delivery", PUSHED, "misfile", {"state": "refused"}),
    ("delivery", PUSHED, "misfile", {"state": "lost"}),
    ("delivery", PUSHED, "misfile", {"supplier": "globex"}),
    # the only update of an assignment, and its last row
    ("delivery", {"sequence": 2}, "delete", {}),
    ("delivery", {"sequence": 2}, "double", {"delivery_id": "D0", "sequence": 3}),
    ("delivery", {"sequence": 2}, "misfile", {"run_id": "run-1"}),
    ("delivery", {"sequence": 2}, "misfile", {"lead_id": "L0"}),
    ("delivery", {"sequence": 2}, "misfile", {"assignment_id": "A0"}),
    ("delivery", {"sequence": 2}, "misfile", {"state": "refused"}),
    ("delivery", {"sequence": 2}, "misfile", {"supplier": "globex"}),
    # status told to the supplier
    ("writeback", {"state": "sent"}, "delete", {}),
    ("writeback", {"state": "refused"}, "delete", {}),
    ("writeback", {"state": "sent"}, "double", {"sequence": 2}),
    ("writeback", {"state": "sent"}, "double", {"sequence": 2, "lead_id": "L0", "run_id": "run-1"}),
    ("writeback", {"state": "sent"}, "double", {"identity": "salesforce:0:C1"}),
    ("writeback", {"state": "sent"}, "misfile", {"identity": "salesforce:0:C1"}),
    ("writeback", {"state": "sent"}, "misfile", {"sequence": 2}),
    ("writeback", {"state": "sent"}, "misfile", {"lead_id": "L0"}),
    ("writeback", {"state": "sent"}, "misfile", {"state": "waiting"}),
    ("writeback", {"state": "sent"}, "misfile", {"state": "refused"}),
    ("writeback", {"state": "sent"}, "misfile", {"state": "superseded"}),
    ("writeback", {"state": "refused"}, "misfile", {"state": "sent"}),
    ("writeback", {"state": "sent"}, "misfile", {"state": "lost"}),
    ("writeback", {"state": "sent"}, "misfile", {"run_id": "run-1"}),
    ("writeback", {"state": "sent"}, "misfile", {"supplier": "globex"}),
    ("history", {"kind": "written_back"}, "delete", {}),
    ("history", {"kind": "write_back_refused"}, "delete", {}),
    ("history", {"kind": "written_back"}, "double", {"event_id": "H0"}),
    # batches and pulls
    ("batch", {}, "delete", {}),
    ("batch", {}, "double", {"batch_id": "run-2:leads:2", "number": 2}),
    ("batch", {}, "misfile", {"run_id": "run-9"}),
    ("batch", {}, "misfile", {"kind": "campaigns"}),
    ("batch", {}, "misfile", {"rows": 77}),
    ("batch", {}, "misfile", {"received_at": None}),
    ("batch", {}, "misfile", {"supplier": "globex"}),
    ("pull", {}, "delete", {}),
    ("pull", {}, "misfile", {"rows": 77}),
    ("pull", {}, "misfile", {"supplier": "globex"}),
    # history
    ("history", {"kind": "received"}, "delete", {}),
    ("history", {"kind": "received"}, "misfile", {"kind": "assigned"}),
    ("history", {"kind": "updated"}, "delete", {}),
    ("history", {"kind": "updated"}, "double", {"event_id": "H0"}),
    ("history", {"kind": "pushed"}, "delete", {}),
    ("history", {"kind": "pushed"}, "double", {"event_id": "H0"}),
    ("history", {"kind": "pushed"}, "misfile", {"kind": "written_back"}),
]
OF_RUN = {"lead": "first_run"}
LEADS_OF_RUN = {"assignment", "routing_decision", "delivery", "history", "source_link"}


def damage(connection, table_name, which, what, changes) -> None:
    """Delete, double or change one row of run-2."""
    table = metadata.tables[table_name]
    query = select(table).where(*(table.c[name] == value for name, value in which.items()))
    if "run_id" in table.c or table_name in OF_RUN:
        query = query.where(table.c[OF_RUN.get(table_name, "run_id")] == "run-2")
    elif table_name in LEADS_OF_RUN:
        lead = metadata.tables["lead"]
        query = query.where(table.c.lead_id.in_(select(lead.c.lead_id).where(lead.c.first_run == "run-2")))
    row = connection.execute(query.limit(1)).one()._mapping
    is_it = [table.c[column.name] == row[column.name] for column in table.primary_key]
    if what == "delete":
        connection.execute(delete(table).where(*is_it))
    elif what == "double":
        connection.execute(insert(table).values(dict(row) | changes))
    else:
        connection.execute(update(table).where(*is_it).values(changes))


def unnoticed(day, ctx, damages) -> list[object]:
    """Return the damages with which the books balance still; each is undone."""
    found = []
    for one in damages:
        with day.hub.transaction("acme") as connection:
            damage(connection, *one)
            if recount(day.hub, connection, day.intake.staging, ctx).balanced:
                found.append(one)
            connection.rollback()
    return found


def test_any_damaged_row_is_noticed(day, records, record) -> None:
    day.run("run-1", record("8", country="DE"), record("9", country="FR"))
    ctx = day.run("run-2", *records, record("8", country="DE", company="New"), record("9", country="FR"))
    settle(day, ctx)

    found = unnoticed(day, ctx, DAMAGES)

    assert found == []
    assert settle(day, ctx).balanced


def test_damage_to_what_still_waits_is_noticed(day, records) -> None:
    """Nothing was sent: no history speaks for these rows."""
    ctx = day.run("run-2", *records, push=False, write=False)
    write_back.queue(day.hub, ctx, day.mapping)
    settle(day, ctx)
    (unassigned,) = day.intake.rows("lead", "lead_id", status="unassigned")

    found = unnoticed(
        day,
        ctx,
        [
            ("delivery", {}, "delete", {}),
            ("delivery", {}, "misfile", {"state": "lost"}),
            ("delivery", {}, "misfile", {"state": "sent"}),
            ("delivery", {}, "misfile", {"run_id": "run-9"}),
            ("assignment", {}, "double", {"assignment_id": "A0", "lead_id": unassigned}),
            ("writeback", {}, "delete", {}),
            ("writeback", {}, "double", {"sequence": 2}),
            ("writeback", {}, "misfile", {"sequence": 2}),
            ("writeback", {}, "misfile", {"identity": "salesforce:0:C1"}),
            ("writeback", {}, "misfile", {"run_id": "run-9"}),
            ("source_link", {"sequence": 1}, "misfile", {"sequence": 0}),
        ],
    )

    assert found == []


def test_a_source_record_that_counts_what_it_was_never_told_is_noticed(day, records) -> None:
    ctx = day.run("run-2", *records, write=False)
    settle(day, ctx)

    assert unnoticed(day, ctx, [("source_link", {"sequence": 0}, "misfile", {"sequence": 1})]) == []


def test_unbalanced_books_are_kept_and_raised(day, records) -> None:
    ctx = day.run("run-1", *records)
    with day.hub.transaction() as connection:
        table = metadata.tables["receipt"]
        connection.execute(delete(table).where(table.c.row == 0))

    with pytest.raises(BooksDoNotBalance) as red:
        settle(day, ctx)

    assert "batch run-1:leads:1: 6 rows, 5 receipts" in red.value.differences
    assert day.intake.rows("run", "balanced") == [False]
    (kept,) = day.intake.rows("run", "books")
    assert json.loads(kept)["differences"] == list(red.value.differences)


def test_a_batch_whose_raw_data_lost_rows_turns_the_books_red(day, records) -> None:
    ctx = day.run("run-1", *records)
    (batch,) = day.intake.land(ctx).batches

    day.intake.staging.write_table(batch.uri, day.intake.staging.read(batch).slice(1))

    with pytest.raises(BooksDoNotBalance, match="5 in its raw data"):
        settle(day, ctx)


def test_books_go_green_again_when_the_row_is_back(day, records) -> None:
    ctx = day.run("run-1", *records)
    table = metadata.tables["assignment"]
    with day.hub.transaction() as connection:
        row = connection.execute(select(table).limit(1)).one()._mapping
        connection.execute(delete(table).where(table.c.assignment_id == row["assignment_id"]))
    with pytest.raises(BooksDoNotBalance, match="1 decisions to assign without their assignment"):
        settle(day, ctx)
    with day.hub.transaction() as connection:
        connection.execute(insert(table).values(dict(row)))

    assert settle(day, ctx).balanced


def test_what_was_sent_while_something_newer_came_counts_as_sent(day, records) -> None:
    ctx = day.run("run-1", *records, write=False)

    class Slow(Records):
        def write_back(self, rows):
            for table in ("assignment", "lead"):  # the partner accepts, and another run queues it
                column = metadata.tables[table].c
                with day.hub.transaction("acme") as connection:
                    values = {"status": "accepted"} | ({"updated_at": now_us()} if table == "lead" else {})
                    connection.execute(
                        update(metadata.tables[table]).where(column.status == "pending").values(**values)
                    )
            write_back.queue(day.hub, ctx, day.mapping)
            yield from super().write_back(rows)

    write_back.queue(day.hub, ctx, day.mapping)
    write_back.write(day.hub, ctx, day.mapping, Slow(), sleep=lambda _: None)

    told = day.intake.rows("writeback", "sequence", "state", identity="salesforce:3:C1")
    assert told == [(1, "sent"), (2, "sent")]
    assert settle(day, ctx).balanced
