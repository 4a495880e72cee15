"""The report's rows: how each run's rows came out, and where its leads stand today."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, update

from leadline import books
from leadline.hub.schema import delivery, writeback

KEYS = [
    "supplier", "run", "received", "quarantined", "filtered", "known", "updated", "new", "assigned",
    "unassigned", "unrouted", "pending", "accepted", "rejected", "pushed", "push_failed", "push_waiting",
    "written_back", "balanced", "dag", "records_read", "statuses_changed", "replies", "fields_changed",
    "reps_changed", "opportunities", "events", "told", "told_refused", "told_waiting",
]  # fmt: skip


def figures(row: dict[str, object]) -> dict[str, object]:
    return {
        name: value for name, value in row.items() if value and name not in ("supplier", "run", "by", "dag")
    }


def test_one_row_a_run_with_the_keys_of_the_report(day, records, record) -> None:
    first = day.run("run-1", *records)
    books.settle(day.hub, day.intake.staging, first)
    day.run("run-2", record("1", country="DE"), record("7", country="DE"), push=False, write=False)

    one, two = books.run_books(day.hub, "acme")

    assert list(one) == KEYS
    assert figures(one) == {
        "received": 6, "quarantined": 1, "filtered": 1, "new": 4, "assigned": 3, "unassigned": 1,
        "pending": 1, "accepted": 2, "pushed": 2, "written_back": 3, "balanced": True,
        "told": 3, "told_refused": 1,
    }  # fmt: skip
    assert figures(two) == {
        "received": 2, "known": 1, "new": 1, "assigned": 1, "accepted": 1, "push_waiting": 1,
    }  # fmt: skip
    assert two["balanced"] is None
    assert books.run_books(day.hub, "acme", "run-2") == books.run_books(day.hub, run_id="run-2") == [two]
    assert books.run_books(day.hub, "globex") == []
    begun = dict(day.intake.rows("run", "run_id", "started_at"))
    assert books.run_books(day.hub, since=begun["run-2"]) == [two]
    assert books.run_books(day.hub, since=begun["run-1"]) == [one, two]
    assert books.run_books(day.hub, since=begun["run-2"] + 1) == []


def test_pushes_that_failed_and_status_written_back_are_counted(day, records) -> None:
    day.run("run-1", *records, push=False, write=False)
    with day.hub.transaction() as connection:
        chosen = day.intake.rows("delivery", "delivery_id", "lead_id")[0]
        connection.execute(
            update(delivery).where(delivery.c.delivery_id == chosen[0]).values(state="refused")
        )
        for sequence in (1, 2):
            connection.execute(
                insert(writeback).values(
                    supplier="acme", identity="i", sequence=sequence, lead_id=chosen[1], body="{}",
                    body_hash="h", state="sent", run_id="run-1", queued_at=1,
                )
            )  # fmt: skip

    (row,) = books.run_books(day.hub)

    assert (row["pushed"], row["push_failed"], row["push_waiting"], row["written_back"]) == (0, 1, 1, 1)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("country", {"DE": 1, "FR": 1, "ES": 1, "XX": 1, None: 2}),
        ("campaign", {"C1": 4, None: 2}),
        ("partner", {"P1": 1, "P2": 1, "P3": 1, None: 3}),
        ("company", {None: 6}),
    ],
)
def test_books_by_a_field(day, records, by, expected) -> None:
    day.run("run-1", *records)

    rows = books.run_books(day.hub, by=by)

    assert {row["value"]: row["received"] for row in rows} == expected
    assert books.run_books(day.hub, by=by, since=0) == rows
    assert {row["by"] for row in rows} == {by}
    assert sum(row["new"] for row in rows) == 4
    assert sum(row["assigned"] for row in rows) == 3


def test_a_field_name_is_never_sql(day) -> None:
    with pytest.raises(ValueError, match="no field"):
        books.run_books(day.hub, by="x'; DROP TABLE lead; --")


def test_a_value_is_what_the_mapping_says_whichever_database_has_it(intake, record) -> None:
    intake.take(record("1", employees="25", products="A;B"), record("2", employees=None, products=None))

    by = {
        name: [row["value"] for row in books.run_books(intake.hub, by=name)]
        for name in ("employees", "products")
    }

    assert by == {"employees": [25, None], "products": [["A", "B"], None]}
