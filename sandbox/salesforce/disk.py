"""One org's state on disk: a SQLite file that the org is read from at start and written to at each commit."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS record (object TEXT, id TEXT, data TEXT, PRIMARY KEY (object, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (kind TEXT, id TEXT, data TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
"""


class Disk:
    """Records and notes (tokens, jobs, counters) of one org; used under the org's lock only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open the file, making it and its folder when they are not there."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        # The file must outlive the process, not the machine: no fsync per commit.
        database.execute("PRAGMA synchronous=OFF")
        database.executescript(_TABLES)
        self._database = database

    def close(self) -> None:
        """Close the file; harmless when it is closed."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def records(self) -> Iterator[tuple[str, Record]]:
        """Yield (object, record) for all records, in order of their ids."""
        for name, data in self._open().execute("SELECT object, data FROM record ORDER BY object, id"):
            yield name, json.loads(data)

    def notes(self, kind: str) -> dict[str, Any]:
        """Return all notes of a kind by their id."""
        rows = self._open().execute("SELECT id, data FROM note WHERE kind = ?", (kind,))
        return {note_id: json.loads(data) for note_id, data in rows}

    def note(self, kind: str, note_id: str) -> Any:
        """Return one note, or None."""
        row = (
            self._open()
            .execute("SELECT data FROM note WHERE kind = ? AND id = ?", (kind, note_id))
            .fetchone()
        )
        return json.loads(row[0]) if row else None

    def write(
        self,
        records: Iterable[tuple[str, str, Record | None]],
        notes: Iterable[tuple[str, str, Any]] = (),
    ) -> None:
        """Write records and notes in one transaction; None deletes."""
        database = self._open()
        kept, gone = [], []
        for name, record_id, record in records:
            if record is None:
                gone.append((name, record_id))
            else:
                kept.append((name, record_id, _compact(record)))
        database.execute("BEGIN")
        try:
            database.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", kept)
            database.executemany("DELETE FROM record WHERE object = ? AND id = ?", gone)
            for kind, note_id, data in notes:
                if data is None:
                    database.execute("DELETE FROM note WHERE kind = ? AND id = ?", (kind, note_id))
                else:
                    database.execute(
                        "INSERT OR REPLACE INTO note VALUES (?, ?, ?)", (kind, note_id, _compact(data))
                    )
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise

    def clear(self) -> None:
        """Forget everything."""
        self._open().executescript("DELETE FROM record; DELETE FROM note;")

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            raise RuntimeError("the org's state file is not open")
        return self._database


_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
