"""What one Saleslink holds, in a SQLite file: leads, opportunities, users, events, settings.

Stamps are UTC text of one width, so that they order as they read.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

TOMBSTONE_DAYS = 90  # at least so long a deleted lead is told of

Record = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS lead (
  id TEXT PRIMARY KEY, external_id TEXT UNIQUE, email TEXT, modified TEXT, deleted INTEGER, data TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lead_modified ON lead (modified, id);
CREATE INDEX IF NOT EXISTS lead_email ON lead (email);
CREATE TABLE IF NOT EXISTS opportunity (
  id TEXT PRIMARY KEY, lead_id TEXT, modified TEXT, data TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS opportunity_lead ON opportunity (lead_id);
CREATE TABLE IF NOT EXISTS event (
  lead_id TEXT, external_id TEXT, data TEXT, PRIMARY KEY (lead_id, external_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS user (id TEXT PRIMARY KEY, data TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, data TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS number (kind TEXT PRIMARY KEY, last INTEGER) WITHOUT ROWID;
"""


class Store:
    """One tenant's records; everything happens inside `transaction`."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._now = now
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # The file must outlive the process, not the machine: no fsync per commit.
        self._database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + _TABLES)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def clear(self) -> None:
        """Forget everything."""
        with self.transaction():
            for name in ("lead", "opportunity", "event", "user", "setting", "number"):
                self._database.execute(f"DELETE FROM {name}")  # noqa: S608 -- our own names

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do everything inside the block, or nothing; expired tombstones are gone first."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                expired = stamp(self._now() - timedelta(days=TOMBSTONE_DAYS, hours=1))
                self._database.execute("DELETE FROM lead WHERE deleted = 1 AND modified < ?", (expired,))
                yield
                self._database.execute("COMMIT")
            except BaseException:
                self._database.execute("ROLLBACK")
                raise

    def now(self) -> str:
        """Return the stamp of this moment."""
        return stamp(self._now())

    def new_ids(self, kind: str, count: int) -> list[str]:
        """Return the next ids of a kind, `L` or `O` or `U`."""
        row = self._one("SELECT last FROM number WHERE kind = ?", kind)
        last = row[0] if row else 100_000
        self._database.execute("INSERT OR REPLACE INTO number VALUES (?, ?)", (kind, last + count))
        return [f"{kind}-{number}" for number in range(last + 1, last + count + 1)]

    def keep_leads(self, leads: Iterable[Record]) -> None:
        """Insert or replace leads."""
        self._database.executemany(
            "INSERT OR REPLACE INTO lead VALUES (?, ?, ?, ?, ?, ?)",
            (
                (
                    one["LeadId"],
                    one["ExternalId"] or None,
                    (one.get("Email") or "").casefold(),
                    one["ModifiedUtc"],
                    one["Deleted"],
                    json.dumps(one),
                )
                for one in leads
            ),
        )

    def lead(self, lead_id: str) -> Record | None:
        """Return one lead, deleted or not."""
        return _record(self._one("SELECT data FROM lead WHERE id = ?", lead_id))

    def lead_of(self, external_id: str) -> Record | None:
        """Return the lead of this external id, deleted or not."""
        return _record(self._one("SELECT data FROM lead WHERE external_id = ?", external_id))

    def lead_with(self, email: str) -> Record | None:
        """Return the oldest living lead with this e-mail."""
        query = "SELECT data FROM lead WHERE email = ? AND deleted = 0 ORDER BY id"
        return _record(self._one(query, email.casefold()))

    def leads(self, *, deleted: bool = True) -> list[Record]:
        """Return all leads in the order of their ids."""
        rows = self._database.execute("SELECT data FROM lead WHERE deleted <= ? ORDER BY id", (deleted,))
        return [json.loads(data) for (data,) in rows]

    def changed_leads(self, since: str, after: Sequence[str], most: int) -> list[Record]:
        """Return up to `most` leads changed at or after `since`, behind (modified, id) of `after`."""
        rows = self._database.execute(
            "SELECT data FROM lead WHERE modified >= ? AND (modified, id) > (?, ?)"
            " ORDER BY modified, id LIMIT ?",
            (since, *after, most),
        )
        return [json.loads(data) for (data,) in rows]

    def forget_lead(self, lead_id: str) -> bool:
        """Remove a lead without a trace; say whether there was one."""
        self._database.execute("DELETE FROM event WHERE lead_id = ?", (lead_id,))
        return self._database.execute("DELETE FROM lead WHERE id = ?", (lead_id,)).rowcount > 0

    def keep_opportunity(self, one: Record) -> None:
        """Insert or replace an opportunity."""
        row = (one["OpportunityId"], one["LeadId"], one["ModifiedUtc"], json.dumps(one))
        self._database.execute("INSERT OR REPLACE INTO opportunity VALUES (?, ?, ?, ?)", row)

    def opportunity(self, opportunity_id: str) -> Record | None:
        """Return one opportunity."""
        return _record(self._one("SELECT data FROM opportunity WHERE id = ?", opportunity_id))

    def forget_opportunity(self, opportunity_id: str) -> bool:
        """Remove an opportunity; say whether there was one."""
        return self._database.execute("DELETE FROM opportunity WHERE id = ?", (opportunity_id,)).rowcount > 0

    def opportunities(self, lead_id: str | None = None) -> list[Record]:
        """Return the opportunities of a lead, or all, in the order (modified, id)."""
        where, values = ("WHERE lead_id = ?", (lead_id,)) if lead_id is not None else ("", ())
        query = f"SELECT data FROM opportunity {where} ORDER BY modified, id"  # noqa: S608 -- our own text
        return [json.loads(data) for (data,) in self._database.execute(query, values)]

    def changed_opportunities(self, since: str, after: Sequence[str], most: int) -> list[Record]:
        """Return up to `most` opportunities changed at or after `since`, behind (modified, id) of `after`."""
        rows = self._database.execute(
            "SELECT data FROM opportunity WHERE modified >= ? AND (modified, id) > (?, ?)"
            " ORDER BY modified, id LIMIT ?",
            (since, *after, most),
        )
        return [json.loads(data) for (data,) in rows]

    def add_event(self, lead_id: str, event: Record) -> bool:
        """Keep an event unless the lead has one of this external id; say whether it is new."""
        row = (lead_id, event["ExternalId"], json.dumps(event))
        return self._database.execute("INSERT OR IGNORE INTO event VALUES (?, ?, ?)", row).rowcount > 0

    def events(self) -> list[Record]:
        """Return all events, with the lead of each."""
        rows = self._database.execute("SELECT data FROM event ORDER BY lead_id, external_id")
        return [json.loads(data) for (data,) in rows]

    def keep_user(self, user: Record) -> None:
        """Insert or replace a user."""
        row = (user["UserId"], json.dumps(user))
        self._database.execute("INSERT OR REPLACE INTO user VALUES (?, ?)", row)

    def users(self) -> list[Record]:
        """Return all users in the order of their ids."""
        return [json.loads(data) for (data,) in self._database.execute("SELECT data FROM user ORDER BY id")]

    def settings(self) -> Record:
        """Return what was configured."""
        rows = self._database.execute("SELECT name, data FROM setting ORDER BY name")
        return {name: json.loads(data) for name, data in rows}

    def configure(self, values: Record) -> None:
        """Keep settings."""
        rows = ((name, json.dumps(value)) for name, value in values.items())
        self._database.executemany("INSERT OR REPLACE INTO setting VALUES (?, ?)", rows)

    def _one(self, query: str, value: str) -> Any:
        return self._database.execute(query, (value,)).fetchone()


def stamp(moment: datetime) -> str:
    """Return a moment as the service writes it, UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _record(row: Any) -> Record | None:
    return json.loads(row[0]) if row else None
