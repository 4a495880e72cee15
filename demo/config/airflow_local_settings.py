"""Airflow's own settings of the demonstration, whose Airflow keeps its metadata in SQLite.

Airflow imports this from `config/` under its home. With PostgreSQL (docker-compose.yaml) it is not needed.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection, Engine, event


@event.listens_for(Engine, "savepoint")
def wait_before_reading(connection: Connection, _name: str) -> None:
    """Begin a transaction that writes where a savepoint would begin one that reads.

    What was only read cannot go over to writing once somebody else has written: SQLite then refuses at
    once, however long it may wait. `airflow backfill create` reads and writes within a savepoint while the
    scheduler writes too, and failed with "database is locked" every other time.
    """
    raw = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection) and not raw.in_transaction:
        raw.execute("BEGIN IMMEDIATE")
