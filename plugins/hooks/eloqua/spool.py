"""Hand-overs of one pull, kept in a passing file until they can be told in order.

Rows of an export have no order, come twice when pages shift, and an activity's contact fields come in several
exports of ten. So all are laid down by their id first; memory stays flat whatever the size of the pull.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hooks.eloqua.bulk import ROUNDS, DataPage
from hooks.shapes import understood
from leadline.errors import VendorUnavailable
from leadline.ports import RecordPage, SourceRecord

logger = logging.getLogger(__name__)

PAGE_ROWS = 10_000

Row = Mapping[str, Any]
_TABLES = """
CREATE TABLE row (part INTEGER, id TEXT, stamp TEXT, data TEXT, PRIMARY KEY (part, id)) WITHOUT ROWID;
CREATE TABLE page (part INTEGER, number INTEGER PRIMARY KEY AUTOINCREMENT, raw BLOB);
"""


class Spool:
    """Parts of rows by id; a row is told when every part has it."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._parts = 0

    def fill(self, read: Callable[[], Iterator[DataPage]], id_of: Callable[[Row], str], stamp: str) -> None:
        """Lay one more part down; pages that fail, or repeat rows, are all read again.

        Args:
            read: Runs the export.
            id_of: Gives a row's id.
            stamp: Name of the stamp in the rows; "" if this part has none.
        """
        part, self._parts = self._parts, self._parts + 1
        for attempt in range(1, ROUNDS + 1):
            try:
                self._take(part, read(), id_of, stamp)
                return
            except VendorUnavailable as error:
                if attempt == ROUNDS or error.retry_after_seconds:
                    raise
                logger.info("an export is run again, round %s: %s", attempt + 1, error)

    def _take(self, part: int, pages: Iterator[DataPage], id_of: Callable[[Row], str], stamp: str) -> None:
        self._database.execute("DELETE FROM row WHERE part = ?", (part,))
        self._database.execute("DELETE FROM page WHERE part = ?", (part,))
        came = 0
        for page in pages:
            self._database.execute("INSERT INTO page (part, raw) VALUES (?, ?)", (part, page.raw))
            with understood("an export"):
                rows = [(part, id_of(row), str(row.get(stamp) or ""), json.dumps(row)) for row in page.rows]
            self._database.executemany("INSERT OR REPLACE INTO row VALUES (?, ?, ?, ?)", rows)
            came += len(rows)
        kept = self._database.execute("SELECT COUNT(*) FROM row WHERE part = ?", (part,)).fetchone()[0]
        if kept != came:
            # Where a row came twice, its page pushed another one out.
            raise VendorUnavailable(f"an export told {came} rows, of which {came - kept} came twice")

    def pages(self, record: Callable[[str, Row], SourceRecord | None]) -> Iterator[RecordPage]:
        """Yield the raw pages, then the records that `record` makes of id and row, by (stamp, id)."""
        raws = self._database.execute("SELECT raw FROM page ORDER BY number")
        for (raw,) in raws:
            yield RecordPage(raw, ())
        # A row that came between two exports is not in all parts: it is told by the next pull's overlap.
        whole = self._database.execute(
            "SELECT id, json_group_array(data) FROM row GROUP BY id HAVING COUNT(*) = ? "
            "ORDER BY MAX(stamp), LENGTH(id), id",
            (self._parts,),
        )
        held: list[SourceRecord] = []
        for id_, parts in whole:
            merged: dict[str, Any] = {}
            for part in json.loads(parts):
                merged.update(json.loads(part))
            if (made := record(id_, merged)) is not None:
                held.append(made)
            if len(held) == PAGE_ROWS:
                yield RecordPage(b"", held)
                held = []
        if held:
            yield RecordPage(b"", held)


@contextmanager
def spool() -> Iterator[Spool]:
    """Yield an empty spool; its file is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="leadline-") as folder:
        database = sqlite3.connect(Path(folder) / "pull.db", isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode=OFF")
            database.execute("PRAGMA synchronous=OFF")
            database.executescript(_TABLES)
            yield Spool(database)
        finally:
            database.close()
