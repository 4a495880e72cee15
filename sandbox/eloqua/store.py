"""The records of one tenant: in memory, and on disk at every commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.salesforce.disk import Disk

Record = dict[str, Any]


class Store:
    """Tables of records by id; used within `transaction` only.

    A record's keys that begin with a letter are its fields; `_deleted` marks one that is gone.
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._disk = Disk(path)
        self._lock = threading.RLock()
        self._tables: dict[str, dict[str, Record]] = {}
        self._changed: dict[tuple[str, str], None] = {}
        self._last: dict[str, int] = {}
        self.now = now

    def open(self) -> None:
        """Read what is on disk."""
        self._disk.open()
        for table, record in self._disk.records():
            self._tables.setdefault(table, {})[str(record["id"])] = record
        self._last = {table: int(last) for table, last in self._disk.notes("last").items()}

    def close(self) -> None:
        """Close the file."""
        self._disk.close()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._tables, self._changed, self._last = {}, {}, {}
            self._disk.clear()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block changed, also if it is refused: handlers refuse before they write."""
        with self._lock:
            try:
                yield
            finally:
                self._commit()

    def table(self, name: str) -> dict[str, Record]:
        """Return the records of a table by id, the deleted ones too."""
        return self._tables.setdefault(name, {})

    def live(self, name: str) -> Iterator[Record]:
        """Yield the records that are not deleted, in order of making."""
        return (record for record in list(self.table(name).values()) if not record.get("_deleted"))

    def find(self, name: str, record_id: str) -> Record | None:
        """Return a record that is not deleted, or None."""
        record = self.table(name).get(str(record_id))
        return None if record is None or record.get("_deleted") else record

    def next_id(self, name: str, first: int = 1) -> str:
        """Return an id that was never given in this table."""
        taken = self._last.get(name)
        if taken is None:
            taken = max((int(one) for one in self.table(name) if one.isdigit()), default=first - 1)
        self._last[name] = taken + 1
        return str(taken + 1)

    def put(self, name: str, record: Record) -> Record:
        """Keep a new or changed record."""
        self.table(name)[str(record["id"])] = record
        self._changed[name, str(record["id"])] = None
        return record

    def drop(self, name: str, record_id: str) -> None:
        """Forget a record altogether."""
        self.table(name).pop(str(record_id), None)
        self._changed[name, str(record_id)] = None

    def _commit(self) -> None:
        if not self._changed:
            return
        rows = [(table, id_, self.table(table).get(id_)) for table, id_ in self._changed]
        self._disk.write(rows, [("last", table, last) for table, last in self._last.items()])
        self._changed = {}
