"""A hub that forgets: everything is done for real in one transaction, which is rolled back at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from leadline.hub.engine import Hub


class RehearsalHub(Hub):
    """The hub as dry runs see it: what they write they can read, and nobody else ever sees it.

    Use as a context manager. The transaction begins with the first statement, so that reading from a
    vendor beforehand blocks nobody; from then until the end, others wait for this supplier's lock
    (SQLite: for the file's).
    """

    side_by_side = False

    def __init__(self, hub: Hub) -> None:
        self.engine = hub.engine
        self._connection: Connection | None = None

    def __enter__(self) -> RehearsalHub:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.rollback()
            self._connection.close()
            self._connection = None

    @contextmanager
    def transaction(self, supplier_key: str | None = None) -> Iterator[Connection]:
        """Yield the one connection; a failure undoes this part only, as the real hub would."""
        connection = self._begun()
        with connection.begin_nested():
            if supplier_key is not None:
                self._lock(connection, supplier_key)
            yield connection

    @contextmanager
    def reading(self, *, loads: bool = False) -> Iterator[Connection]:  # noqa: ARG002
        """Yield the one connection, so that what was rehearsed so far is seen."""
        yield self._begun()

    def _begun(self) -> Connection:
        if self._connection is None:
            self._connection = self.engine.connect()
            if self.dialect == "sqlite":
                self._connection.exec_driver_sql("BEGIN IMMEDIATE")
        return self._connection
