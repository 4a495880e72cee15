"""The rows of one environment: in memory for reading, in a SQLite file for a restart, with undo.

A row is a dict of column values; absent means null. A lookup is `[table, id]`. Rows are never changed in
place, so that a page that was read keeps what it saw.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .schema import Schema

Row = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS record (tab TEXT, id TEXT, data TEXT, PRIMARY KEY (tab, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (kind TEXT, id TEXT, data TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
"""


class Store:
    """The state of one environment; every method expects `lock` to be held."""

    def __init__(self, file: Path, schema: Schema, now: Callable[[], datetime]) -> None:
        self.schema = schema
        self.lock = threading.RLock()
        self.now = now
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in schema.tables}
        self.notes: dict[tuple[str, str], Any] = {}
        self._file = file
        self._database: sqlite3.Connection | None = None
        self._undo: list[tuple[str, str, Row | None]] = []
        self._notes_undo: list[tuple[tuple[str, str], Any]] = []
        self._indexes: dict[tuple[str, str], dict[str, dict[str, None]]] = {}
        self._depth = 0

    def open(self) -> None:
        """Read the state file back; an absent one is made."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(self._file, check_same_thread=False, isolation_level=None)
        # The file must outlive the process, not the machine: no fsync per commit.
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.executescript(_TABLES)
        for name, record_id, data in self._database.execute("SELECT tab, id, data FROM record"):
            self.tables.setdefault(name, {})[record_id] = json.loads(data)
        for kind, note_id, data in self._database.execute("SELECT kind, id, data FROM note"):
            self.notes[kind, note_id] = json.loads(data)
        for rows in self.tables.values():
            ordered = sorted(rows.values(), key=lambda row: int(row.get("_order", 0)))
            by_id = {row["_id"]: row for row in ordered}
            rows.clear()
            rows.update(by_id)

    def close(self) -> None:
        """Close the file; harmless when it is closed."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def clear(self) -> None:
        """Forget everything."""
        self.tables = {name: {} for name in self.schema.tables}
        self.notes.clear()
        self._indexes.clear()
        self._undo.clear()
        self._notes_undo.clear()
        if self._database is not None:
            self._database.executescript("DELETE FROM record; DELETE FROM note;")

    # --- reading ---------------------------------------------------------------------------------------

    def get(self, table: str, record_id: str) -> Row | None:
        """Return a row by its id, or None."""
        return self.tables[table].get(record_id.lower())

    def find(self, table: str, column: str, value: Any) -> list[Row]:
        """Return the rows whose column has this value, text compared without case."""
        index = self._indexes.get((table, column))
        if index is None:
            index = self._indexes[table, column] = {}
            for record_id, row in self.tables[table].items():
                if (key := _key(row.get(column))) is not None:
                    index.setdefault(key, {})[record_id] = None
        return [self.tables[table][one] for one in index.get(_key(value) or "", ())]

    def note(self, kind: str, note_id: str = "") -> Any:
        """Return what was kept beside the rows, or None."""
        return self.notes.get((kind, note_id))

    # --- writing ---------------------------------------------------------------------------------------

    def put(self, table: str, record_id: str, row: Row | None) -> None:
        """Store another version of a row; None takes it away."""
        before = self.tables[table].get(record_id)
        if row is not None:
            row = row | {"_id": record_id, "_order": before["_order"] if before else self.count("order")}
        self._undo.append((table, record_id, before))
        self._place(table, record_id, before, row)

    def keep(self, kind: str, note_id: str, data: Any) -> None:
        """Keep something beside the rows; None forgets it."""
        self._notes_undo.append(((kind, note_id), self.notes.get((kind, note_id))))
        if data is None:
            self.notes.pop((kind, note_id), None)
        else:
            self.notes[kind, note_id] = data

    def count(self, what: str) -> int:
        """Return the next number of a counter."""
        number = int(self.notes.get(("counter", what), 0)) + 1
        self.keep("counter", what, number)
        return number

    def stamp(self) -> str:
        """Return now as Dataverse writes it: whole seconds, UTC."""
        return self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def mark(self) -> tuple[int, int]:
        """Return the place to roll back to."""
        return len(self._undo), len(self._notes_undo)

    def rollback(self, mark: tuple[int, int] = (0, 0)) -> None:
        """Undo all that was put since `mark`."""
        while len(self._undo) > mark[0]:
            table, record_id, before = self._undo.pop()
            self._place(table, record_id, self.tables[table].get(record_id), before)
        while len(self._notes_undo) > mark[1]:
            key, data = self._notes_undo.pop()
            if data is None:
                self.notes.pop(key, None)
            else:
                self.notes[key] = data

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block puts when it ends, or undo it when it raises; nested ones join the outer."""
        with self.lock:
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self.commit()
            except BaseException:
                if self._depth == 1:
                    self.rollback()
                raise
            finally:
                self._depth -= 1

    def commit(self) -> None:
        """Write what was put to disk."""
        touched = dict.fromkeys((table, record_id) for table, record_id, _ in self._undo)
        notes = dict.fromkeys(key for key, _ in self._notes_undo)
        if (touched or notes) and self._database is not None:
            self._write(touched, notes)
        self._undo.clear()
        self._notes_undo.clear()

    # --- inside ----------------------------------------------------------------------------------------

    def _write(self, touched: Iterable[tuple[str, str]], notes: Iterable[tuple[str, str]]) -> None:
        database = self._database
        if database is None:
            raise RuntimeError("the environment's state file is not open")
        kept = [
            (*key, _compact(self.tables[key[0]][key[1]])) for key in touched if key[1] in self.tables[key[0]]
        ]
        gone = [key for key in touched if key[1] not in self.tables[key[0]]]
        database.execute("BEGIN")
        database.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", kept)
        database.executemany("DELETE FROM record WHERE tab = ? AND id = ?", gone)
        database.executemany(
            "INSERT OR REPLACE INTO note VALUES (?, ?, ?)",
            [(*key, _compact(self.notes[key])) for key in notes if key in self.notes],
        )
        database.executemany(
            "DELETE FROM note WHERE kind = ? AND id = ?", [key for key in notes if key not in self.notes]
        )
        database.execute("COMMIT")

    def _place(self, table: str, record_id: str, before: Row | None, after: Row | None) -> None:
        if after is None:
            self.tables[table].pop(record_id, None)
        else:
            self.tables[table][record_id] = after
        for (name, column), index in self._indexes.items():
            if name != table:
                continue
            old = _key(before.get(column)) if before else None
            new = _key(after.get(column)) if after else None
            if old == new and (before is None) == (after is None):
                continue
            if old is not None:
                index.get(old, {}).pop(record_id, None)
            if new is not None:
                index.setdefault(new, {})[record_id] = None


def _key(value: Any) -> str | None:
    """Return what two values share when they are equal: text without case, a lookup by its id."""
    if value is None:
        return None
    return str(value[1] if isinstance(value, list) else value).strip().lower()


_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
