"""The records of one org: in memory for reading, on disk for a restart, with transactions and indexes.

A record is a dict of canonical field names; absent means null. Records are never changed in place: `put`
takes a new dict, so an undo is the old dict, and a cursor opened earlier keeps what it saw.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from . import identifiers, stamps
from .config import OrgConfig
from .disk import Disk, Record
from .fields import ID_TYPES, Field, SObject
from .schema import Schema

BACKWARD_STEP = timedelta(minutes=1)  # a clock set further back than this is meant, not jitter


class OrgStore:
    """The state of one org. Every method expects `lock` to be held by its caller, or one thread only."""

    def __init__(self, config: OrgConfig, state_dir: Path, now: Callable[[], datetime]) -> None:
        self.config = config
        self.schema = Schema(config)
        self.lock = threading.RLock()
        self.now = now
        self.org_id = identifiers.normal(config.org_id)
        self.disk = Disk(state_dir / f"salesforce-{config.name}.sqlite")
        self.tables: dict[str, dict[str, Record]] = {}
        self.compiled: dict[Any, Any] = {}
        self._pod = identifiers.pod(config.org_id)
        self._counters: dict[str, int] = {}
        self._indexes: dict[str, dict[str, dict[Any, dict[str, None]]]] = {}
        self._undo: list[tuple[str, str, Record | None]] = []
        self._notes: dict[tuple[str, str], Any] = {}
        self._depth = 0
        self._last = ""

    def open(self) -> None:
        """Read the state file back; an absent one is made."""
        self.disk.open()
        self.tables = {name: {} for name in self.schema.objects}
        for name, record in self.disk.records():
            self.tables.setdefault(name, {})[record["Id"]] = record
        self._counters = {name: int(value) for name, value in self.disk.notes("counter").items()}
        self._last = str(self.disk.note("clock", "last") or "")

    def clear(self) -> None:
        """Forget all records, notes and indexes; the schema goes back to the configuration."""
        self.disk.clear()
        self.schema = Schema(self.config)
        self.tables = {name: {} for name in self.schema.objects}
        self.compiled.clear()
        self._indexes.clear()
        self._counters.clear()
        self._undo.clear()
        self._notes.clear()
        self._last = ""

    def schema_changed(self) -> None:
        """Forget what was compiled from the old schema."""
        self.compiled.clear()
        self._indexes.clear()

    # --- reading ---------------------------------------------------------------------------------------

    def get(self, name: str, record_id: str | None) -> Record | None:
        """Return the record of an 18-character id, deleted ones too, or None."""
        return self.tables[name].get(record_id) if record_id else None

    def find(self, name: str, field: Field, value: Any) -> list[Record]:
        """Return the records, deleted ones too, whose field equals the value as SOQL compares."""
        if field.name == "Id":
            hit = self.tables[name].get(value)
            return [hit] if hit else []
        table = self.tables[name]
        return [table[record_id] for record_id in self._index(name, field).get(index_key(field, value), ())]

    def live(self, name: str, field: Field, value: Any) -> list[Record]:
        """Return `find` without the deleted records."""
        return [record for record in self.find(name, field, value) if not record["IsDeleted"]]

    def indexed(self, field: Field) -> bool:
        """Return whether `find` is quick for this field."""
        return field.name == "Id" or (
            not field.derived and (field.external_id or field.unique or field.id_lookup or _is_link(field))
        )

    # --- writing ---------------------------------------------------------------------------------------

    def put(self, name: str, record: Record) -> None:
        """Store a new record, or another version of one."""
        record_id = record["Id"]
        before = self.tables[name].get(record_id)
        self._undo.append((name, record_id, before))
        self._place(name, record_id, before, record)

    def remove(self, name: str, record_id: str) -> None:
        """Take a record away for good: it is not in the recycle bin either."""
        before = self.tables[name].get(record_id)
        if before is not None:
            self._undo.append((name, record_id, before))
            self._place(name, record_id, before, None)

    def write_note(self, kind: str, note_id: str, data: Any) -> None:
        """Keep something beside the records (a token, a job); None forgets it."""
        self._notes[(kind, note_id)] = data

    def read_note(self, kind: str, note_id: str) -> Any:
        """Return what was kept beside the records, committed or not yet."""
        key = (kind, note_id)
        return self._notes[key] if key in self._notes else self.disk.note(kind, note_id)

    def new_id(self, sobject: SObject) -> str:
        """Return an id that was never given before in this org."""
        return self.new_id_with(sobject.prefix)

    def new_id_with(self, prefix: str) -> str:
        """Return `new_id` for things that are no records, such as jobs."""
        number = self._counters.get(prefix, 0) + 1
        self._counters[prefix] = number
        self.write_note("counter", prefix, number)
        return identifiers.make(prefix, self._pod, number)

    def counter(self, prefix: str) -> int:
        """Return how many ids of a key prefix were given out."""
        return self._counters.get(prefix, 0)

    def stamp(self) -> str:
        """Return the org's text of now, never before the one given last.

        The clock may be set back on purpose: a step of more than a minute is followed.
        """
        now = self.now()
        text = stamps.text(now)
        if text < self._last and now > stamps.moment(self._last) - BACKWARD_STEP:
            return self._last
        if text != self._last:
            self._last = text
            self.write_note("clock", "last", text)
        return text

    def mark(self) -> int:
        """Return the place to roll back to."""
        return len(self._undo)

    def rollback(self, mark: int = 0) -> None:
        """Undo all that was put since `mark`."""
        while len(self._undo) > mark:
            name, record_id, before = self._undo.pop()
            self._place(name, record_id, self.tables[name].get(record_id), before)

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
                    self._notes.clear()
                raise
            finally:
                self._depth -= 1

    def commit(self) -> None:
        """Write what was put to disk."""
        if self._undo or self._notes:
            touched = {(name, record_id) for name, record_id, _ in self._undo}
            self.disk.write(
                [(name, record_id, self.tables[name].get(record_id)) for name, record_id in touched],
                [(kind, note_id, data) for (kind, note_id), data in self._notes.items()],
            )
        self._undo.clear()
        self._notes.clear()

    # --- inside ----------------------------------------------------------------------------------------

    def _place(self, name: str, record_id: str, before: Record | None, after: Record | None) -> None:
        if after is None:
            self.tables[name].pop(record_id, None)
        else:
            self.tables[name][record_id] = after
        indexes = self._indexes.get(name)
        if not indexes:
            return
        for field_name, index in indexes.items():
            old = before.get(field_name) if before else None
            new = after.get(field_name) if after else None
            if old == new and (before is None) == (after is None):
                continue
            field = self.schema.objects[name].fields[field_name]
            if old is not None:
                ids = index.get(index_key(field, old))
                if ids is not None:
                    ids.pop(record_id, None)
            if new is not None:
                index.setdefault(index_key(field, new), {})[record_id] = None

    def _index(self, name: str, field: Field) -> dict[Any, dict[str, None]]:
        indexes = self._indexes.setdefault(name, {})
        index = indexes.get(field.name)
        if index is None:
            index = indexes[field.name] = {}
            for record_id, record in self.tables[name].items():
                value = record.get(field.name)
                if value is not None:
                    index.setdefault(index_key(field, value), {})[record_id] = None
        return index


def index_key(field: Field, value: Any) -> Any:
    """Return what two values must share to be equal: text is compared without regard to case."""
    if isinstance(value, str) and field.type not in ID_TYPES and not field.case_sensitive:
        return value.lower()
    return value


def _is_link(field: Field) -> bool:
    return field.type == "reference" and field.child_relationship is not None
