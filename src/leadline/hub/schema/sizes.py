"""What SQLite is told of its tables' sizes, before they have any rows.

Without that it takes every column of an index for equally good at finding few rows, the supplier too, and may
walk all rows of a supplier where a lead's few were meant: nobody notices on a young hub. Told once, its plans
are the same on every hub of any age. PostgreSQL counts for itself (`Hub.refresh_statistics`).
Source: https://www.sqlite.org/optoverview.html#manual_control_of_query_plans_using_sqlite_stat_tables
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, Table, text

_SUPPLIERS = 10
_MANY, _SOME, _OPEN = 100_000_000, 100_000, 10_000  # rows: a few a lead; a few a run; what waits of them

_A_FEW_A_LEAD = frozenset(
    {
        "assignment",
        "crm_record",
        "crm_seen",
        "delivery",
        "event",
        "event_delivery",
        "event_write",
        "history",
        "lead",
        "opportunity",
        "opportunity_write",
        "receipt",
        "routing_decision",
        "source_link",
        "writeback",
    }
)
_SHARED_BY = {
    "account_id": 1_000_000,
    "assigned_at": 10,
    "batch_id": 10_000,
    "first_batch": 10_000,
    "first_run": 10_000,
    "partner_id": 100_000,
    "run_id": 10_000,
    "state": 5_000_000,
    "status": 5_000_000,
}
"""Rows of a supplier with one value of this column; of any other: a lead's."""
_OF_A_LEAD = 5


def tell_sizes(connection: Connection, metadata: MetaData) -> None:
    """Tell SQLite, in the caller's transaction, what to expect of every index; PostgreSQL needs nothing."""
    if connection.dialect.name != "sqlite":
        return
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # makes the table of statistics, and reads no other
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    for table in metadata.sorted_tables:
        for row in _rows(connection, table):
            connection.execute(
                text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:tbl, :idx, :stat)"), row
            )
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # this connection plans by them from here on


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, str]]:
    """Yield what is told of a table's indexes, in its form: rows, then rows to a value of each prefix."""
    partial = {str(one.name) for one in table.indexes if not one.unique and _where(one) is not None}
    size = _MANY if table.name in _A_FEW_A_LEAD else _SOME
    listed = connection.exec_driver_sql(f'PRAGMA index_list("{table.name}")').all()
    for _, name, unique, *_ in listed:
        columns = [one[2] for one in connection.exec_driver_sql(f'PRAGMA index_info("{name}")').all()]
        rows = _OPEN if name in partial else size
        shares = _shares(columns, rows, unique=bool(unique))
        yield {"tbl": table.name, "idx": name, "stat": " ".join(map(str, (rows, *shares)))}


def _shares(columns: Sequence[str], rows: int, *, unique: bool) -> list[int]:
    shares = [max(1, rows // _SUPPLIERS)]
    for column in columns[1:]:
        shares.append(min(shares[-1], _SHARED_BY.get(column, _OF_A_LEAD)))
    if unique:
        shares[-1] = 1
    return shares


def _where(index: Any) -> Any:
    return index.dialect_options["sqlite"].get("where")
