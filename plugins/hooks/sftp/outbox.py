"""Files that tell a supplier of files what became of its leads: status, events, opportunities.

Each call's rows become one file for each run that queued them, in the outbox, by an atomic rename. Its name
and bytes follow from the rows alone, so that a call repeated after a lost answer finds its file and makes no
second one. A file of that name with other bytes stays, and the new one gets its hash into its name.
"""

from __future__ import annotations

import csv
import hashlib
import io
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hooks.sftp.folders import Folders, fitting
from hooks.sftp.hook import translated
from leadline.errors import ConfigurationError
from leadline.mapping.model import WriteBack
from leadline.mapping.source import SftpSource
from leadline.ports import EventWrite, OpportunityWrite, RowResult, StatusRow

DEFAULT_COLUMNS = {
    "source_file": "file",
    "source_row": "line",
    "our_lead_id": "lead_id",
    "sequence": "sequence",
}
"""Where the mapping names no columns. `sequence` counts up per source record: a stale row can be told."""

DEFAULT_EVENT_FIELDS = {
    "key": "event_key",
    "type": "event_type",
    "subject": "subject",
    "body": "text",
    "occurred_at": "event_at",
}
# Full-width signs, too: spreadsheets of East Asia take them for the plain ones.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")

Cells = Mapping[str, str | None]


class FileOutbox:
    """The outbox folder of one supplier.

    Args:
        folders: Behind an open channel.
        source: Names the outbox and the dialect; files are UTF-8, lines end with CRLF (RFC 4180).
        write_back: Names files, columns and values.
    """

    def __init__(self, folders: Folders, source: SftpSource, write_back: WriteBack) -> None:
        self._folders = folders
        self._source = source
        self._chosen = write_back

    def write_status(self, rows: Sequence[StatusRow]) -> Iterator[RowResult]:
        """Write one file for each run among these rows; one result per row, once its file is there."""
        for some in _by_run(rows):
            self._put(self._status_name(some), self._status_columns(), map(self._status_cells, some))
            yield from (RowResult(row.identity, ok=True, record_id=row.record_id or None) for row in some)

    def write_events(self, events: Sequence[EventWrite]) -> Iterator[RowResult]:
        """Write one file of events, `<object>_<hash>.csv`; one result per event."""
        if not events:
            return
        chosen = self._chosen.events
        names = (chosen.fields if chosen else {}) or DEFAULT_EVENT_FIELDS
        columns = ["source_file", "source_row", "opportunity_id", *names.values()]
        rows = [_event_cells(one, names) for one in sorted(events, key=lambda one: one.key)]
        self._put(_hashed(chosen.object if chosen else "events", rows), columns, rows)
        yield from (RowResult(one.key, ok=True, record_id=one.key) for one in events)

    def write_opportunities(self, writes: Sequence[OpportunityWrite]) -> Iterator[RowResult]:
        """Write one file of opportunities, `<object>_<hash>.csv`, each found by our id; one result per write.

        Files do not tell by their names which is newer; a row's sequence does. It also makes what goes back
        to an earlier state a row, and a file, of its own.

        Raises:
            ConfigurationError: The mapping names no columns for opportunities.
        """
        if not writes:
            return
        chosen = self._chosen.opportunities
        if chosen is None:
            raise ConfigurationError("write_back.opportunities is missing: it names the columns of the file")
        number = self._sequence_column()
        columns = list(
            dict.fromkeys([chosen.external_id, chosen.lead_field, number, *chosen.fields.values()])
        )
        rows: list[Cells] = [
            {
                number: str(one.sequence),
                **one.values,
                chosen.external_id: one.external_id,
                chosen.lead_field: one.lead_record_id,
            }
            for one in sorted(writes, key=lambda one: one.external_id)
        ]
        self._put(_hashed(chosen.object, rows), columns, rows)
        for one in writes:
            yield RowResult(one.key, ok=True, record_id=one.external_id, created=one.record_id is None)

    def _sequence_column(self) -> str:
        """Return what the sequence is called in status files, or would be."""
        columns = self._chosen.file.columns or DEFAULT_COLUMNS
        return next((column for column, what in columns.items() if what == "sequence"), "sequence")

    def _status_columns(self) -> list[str]:
        written = self._chosen
        own = written.file.columns or DEFAULT_COLUMNS
        told = [*written.mapped.values(), *written.rejection_fields.values(), *written.fields.values()]
        return list(dict.fromkeys([*own, *told]))

    def _status_cells(self, row: StatusRow) -> Cells:
        file, line = _place(row.origin)
        own = {"file": file, "line": line, "lead_id": row.lead_id, "sequence": str(row.sequence)}
        columns = self._chosen.file.columns or DEFAULT_COLUMNS
        named = {column: own.get(what, row.lead.get(what)) for column, what in columns.items()}
        return {**named, **row.values}

    def _status_name(self, rows: Sequence[StatusRow]) -> str:
        at = min((row.queued_at for row in rows if row.queued_at), default=datetime(1970, 1, 1, tzinfo=UTC))
        at = at.astimezone(UTC)
        values = {"run": _safe(rows[0].run_id or "run"), "date": f"{at:%Y%m%d}", "time": f"{at:%H%M%S}"}
        try:
            name = self._chosen.file.name.format(**values)
        except (KeyError, IndexError, ValueError):
            raise ConfigurationError(
                f"write_back.file.name '{self._chosen.file.name}': it may hold {{run}}, {{date}} and {{time}}"
            ) from None
        if "/" in name or name.startswith("."):
            raise ConfigurationError(
                f"write_back.file.name '{self._chosen.file.name}' is a file's name in the outbox: no folder"
            )
        return name

    def _put(self, name: str, columns: Sequence[str], rows: Iterable[Cells]) -> None:
        content = self._content(columns, rows)
        digest = hashlib.sha256(content).hexdigest()[:8]
        stem, suffix = posixpath.splitext(name)
        # A run's id may be as long as a name may be.
        name, other = fitting(stem, suffix), fitting(stem, f"-{digest}{suffix}")
        folder = self._source.outbox
        with translated(f"cannot write {name} into {folder}"):
            self._folders.make(folder)
            path = posixpath.join(folder, name)
            if self._folders.holds(posixpath.join(folder, other), content):
                return
            if self._folders.stat(path) is None:
                self._folders.write(path, content)
            elif not self._folders.holds(path, content):
                self._folders.write(posixpath.join(folder, other), content)

    def _content(self, columns: Sequence[str], rows: Iterable[Cells]) -> bytes:
        text = io.StringIO(newline="")
        dialect = self._source.dialect
        writer = csv.writer(text, delimiter=dialect.delimiter, quotechar=dialect.quote, lineterminator="\r\n")
        writer.writerow([neutral(column) for column in columns])
        for row in rows:
            writer.writerow([neutral(row.get(column) or "") for column in columns])
        return text.getvalue().encode("utf-8")


def neutral(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: after an apostrophe where it might.

    Source: OWASP, "CSV Injection".
    """
    return f"'{cell}" if cell.startswith(_RISKY) else cell


def _by_run(rows: Sequence[StatusRow]) -> list[list[StatusRow]]:
    """Return rows by the run that queued them, in a stable order."""
    runs: dict[str, list[StatusRow]] = {}
    for row in rows:
        runs.setdefault(row.run_id, []).append(row)
    return [sorted(some, key=lambda row: (row.identity, row.sequence)) for some in runs.values()]


def _event_cells(one: EventWrite, names: Mapping[str, str]) -> Cells:
    file, line = _place(one.record_id) if one.on == "lead" else ("", "")
    at = one.occurred_at
    said = {
        "key": one.key,
        "type": one.type,
        "subject": one.subject,
        "body": one.body,
        "lead": one.record_id if one.on == "lead" else None,
        "opportunity": one.record_id if one.on == "opportunity" else None,
        "occurred_at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None,
    }
    place = {"source_file": file, "source_row": line}
    place["opportunity_id"] = one.record_id if one.on == "opportunity" else ""
    return {**place, **{column: said.get(name) for name, column in names.items()}}


def _place(origin: str) -> tuple[str, str]:
    """Return file name and line of a source record: `leads_1.csv:17`."""
    file, colon, line = origin.rpartition(":")
    return (file, line) if colon else (origin, "")


def _hashed(kind: str, rows: Sequence[Any]) -> str:
    digest = hashlib.sha256(repr([sorted(row.items()) for row in rows]).encode()).hexdigest()[:12]
    return f"{_safe(kind)}_{digest}.csv"


def _safe(text: str) -> str:
    return _UNSAFE.sub("-", text).strip("-.") or "run"
