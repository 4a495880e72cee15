"""Which errors of a database are trouble of the hub, and which are faults of a statement."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from sqlalchemy import exc

from leadline.hub.trouble import trouble_of


def wrapped(kind: type[exc.DBAPIError], original: Exception) -> exc.DBAPIError:
    return kind("SELECT 1", {}, original)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (wrapped(exc.OperationalError, sqlite3.OperationalError("database is locked")), "database is locked"),
        # A bulk load talks to the driver itself.
        (sqlite3.OperationalError("database or disk is full"), "database or disk is full"),
        (sqlite3.DatabaseError("database disk image is malformed"), "disk image is malformed"),
        (psycopg.OperationalError("server closed the connection\nof its own"), "closed the connection"),
        (psycopg.errors.InsufficientPrivilege("permission denied for table lead"), "permission denied"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_by_its_first_line(error: Exception, said: str) -> None:
    trouble = trouble_of(error)

    assert trouble is not None
    assert said in trouble
    assert "\n" not in trouble


@pytest.mark.parametrize(
    "error",
    [
        wrapped(exc.IntegrityError, sqlite3.IntegrityError("UNIQUE constraint failed: lead.lead_id")),
        sqlite3.IntegrityError("UNIQUE constraint failed: lead.lead_id"),
        psycopg.errors.UndefinedColumn("column x does not exist"),
        exc.InvalidRequestError("no such session"),
        ValueError("no"),
        KeyboardInterrupt(),
    ],
)
def test_a_fault_of_a_statement_or_of_ours_is_none_of_the_database(error: BaseException) -> None:
    assert trouble_of(error) is None
