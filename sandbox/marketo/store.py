"""A tenant's records: in memory by table and id, written to disk at each commit."""

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
    """Tables of records. Whoever changes them holds `transaction`."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._disk = Disk(path)
        self._now = now
        self._lock = threading.RLock()
        self._depth = 0
        self._dirty: dict[tuple[str, str], Record | None] = {}
        self.tables: dict[str, dict[str, Record]] = {}

    def open(self) -> None:
        """Read what an earlier sandbox left."""
        self._disk.open()
        for table, record in self._disk.records():
            self.tables.setdefault(table, {})[record["_id"]] = record

    def close(self) -> None:
        """Close the file."""
        self._disk.close()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self.tables.clear()
            self._disk.clear()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the tenant, and write what changed at the end; an error writes nothing more to disk."""
        with self._lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if not self._depth and self._dirty:
                    changes = [(table, key, record) for (table, key), record in self._dirty.items()]
                    self._dirty = {}
                    self._disk.write(changes)

    def table(self, name: str) -> dict[str, Record]:
        """Return a table, by id."""
        return self.tables.setdefault(name, {})

    def put(self, table: str, key: str, record: Record) -> Record:
        """Keep a record."""
        record["_id"] = key
        self.table(table)[key] = record
        self._dirty[table, key] = record
        return record

    def drop(self, table: str, key: str) -> Record | None:
        """Remove a record and return it."""
        self._dirty[table, key] = None
        return self.table(table).pop(key, None)

    def next(self, counter: str, first: int = 1) -> int:
        """Return the next number of a counter that survives a restart."""
        known = self.table("counter").get(counter)
        number = known["value"] + 1 if known else first
        self.put("counter", counter, {"value": number})
        return int(number)

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a setting that `act("set")` changed, or the default."""
        known = self.table("setting").get(name)
        return known["value"] if known else default

    def now(self) -> datetime:
        """Return the sandbox clock."""
        return self._now()


def stamp(moment: datetime) -> str:
    """Return a time as the lead database writes it: UTC, seconds, `Z`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def asset_stamp(moment: datetime) -> str:
    """Return a time as the asset API writes it: with `Z` and an offset, both."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z+0000"


def shown(record: Record) -> Record:
    """Return a record without what is the sandbox's own."""
    return {name: value for name, value in record.items() if not name.startswith("_")}
