"""The hub's transactions, snapshots and loaders, on both databases."""

from __future__ import annotations

import traceback
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from leadline.hub import Hub
from leadline.hub.schema import supplier, watermark
from tests.conftest import ON_POSTGRESQL


def add_supplier(connection: Connection, key: str) -> None:
    """Add a row that others can see or not."""
    connection.execute(insert(supplier).values(supplier=key, label=key, created_at=1))


def test_a_failed_transaction_leaves_nothing(hub: Hub) -> None:
    def add_and_fail() -> None:
        with hub.transaction("acme") as connection:
            add_supplier(connection, "globex")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        add_and_fail()

    with hub.reading() as connection:
        assert connection.execute(select(supplier)).all() == []


def test_a_commit_on_sqlite_waits_for_the_disk(tmp_path: Path) -> None:
    with Hub(f"sqlite:///{tmp_path / 'hub.db'}").transaction() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL


def test_a_reader_sees_one_snapshot(hub: Hub) -> None:
    with hub.transaction() as connection:
        add_supplier(connection, "acme")
    with hub.reading() as reader:
        before = reader.execute(select(supplier.c.supplier)).all()
        with hub.transaction() as connection:
            add_supplier(connection, "globex")

        after = reader.execute(select(supplier.c.supplier)).all()

    assert before == after == [("acme",)]


def test_loaded_rows_keep_text_null_and_json(hub: Hub) -> None:
    rows = [("a", 'tab\t, "quote", \\N and \n newline', None), ("b", "", '{"name":"ü"}')]

    with hub.transaction("acme") as connection:
        table = hub.load(connection, "campaign", ["campaign_key", "name", "attributes"], rows)
        found = connection.execute(text(f"SELECT campaign_key, name, attributes IS NULL FROM {table}")).all()

    assert [(key, name, bool(null)) for key, name, null in found] == [
        ("a", rows[0][1], True),
        ("b", "", False),
    ]


def test_loaded_rows_are_gone_with_their_transaction(hub: Hub) -> None:
    with hub.transaction("acme") as connection:
        table = hub.load(connection, "campaign", ["campaign_key", "name"], [("a", "A")])

    with hub.transaction("acme") as connection, pytest.raises(DBAPIError, match=table):
        connection.execute(text(f"SELECT campaign_key FROM {table}"))


def test_what_one_process_commits_another_sees_while_both_stay_connected(hub: Hub) -> None:
    other = Hub(hub.engine.url.render_as_string(hide_password=False))
    seen = []

    for number in range(3):
        with hub.transaction() as connection:
            add_supplier(connection, f"acme{number}")
        with other.transaction() as connection:
            seen.append(connection.execute(select(func.count()).select_from(supplier)).scalar_one())
    other.engine.dispose()

    assert seen == [1, 2, 3]


@ON_POSTGRESQL
def test_the_planner_knows_of_tables_that_were_just_filled(hub: Hub) -> None:
    def known() -> float:
        with hub.reading() as connection:
            query = "SELECT reltuples FROM pg_class WHERE relname = 'watermark'"
            return float(connection.execute(text(query)).scalar_one())

    with hub.transaction() as connection:
        rows = [{"supplier": "acme", "feed": f"f{n}", "position_at": n} for n in range(500)]
        connection.execute(insert(watermark), rows)

    hub.refresh_statistics("watermark", "lead")

    assert known() == 500


def told(error: BaseException) -> str:
    """Return what stands in a task's log of an error."""
    return "".join(traceback.format_exception(error))


def test_an_error_of_a_statement_quotes_no_row(hub: Hub) -> None:
    row = {"supplier": "anna.bauer@firm.example", "label": "A", "created_at": 1}

    with pytest.raises(DBAPIError) as caught, hub.transaction() as connection:
        connection.execute(insert(supplier), [row, row])

    assert "anna.bauer" not in told(caught.value)
    assert "unique" in told(caught.value).lower()


@ON_POSTGRESQL
def test_an_error_of_loading_quotes_no_row(hub: Hub) -> None:
    bad = '{"email":"anna.bauer@firm.example","note":"\\u0000"}'

    with pytest.raises(psycopg.Error) as caught, hub.transaction() as connection:
        hub.load(connection, "lead", ["lead_id", "attributes"], [("1", bad)])

    assert "anna.bauer" not in told(caught.value)
    assert "Unicode" in told(caught.value)


@ON_POSTGRESQL
def test_a_server_that_does_not_wait_for_its_disk_does_for_us(hub: Hub) -> None:
    with hub.transaction() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    hub.engine.dispose()

    with hub.transaction() as connection:
        found = connection.execute(text("SHOW synchronous_commit")).scalar_one()

    assert found == "on"
