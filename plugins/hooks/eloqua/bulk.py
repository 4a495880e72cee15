"""Bulk API 2.0: what every export and import of a tenant does, in the same five steps.

A definition is made, data staged, a sync asked for and waited for, and its results read. Source: Oracle,
"Bulk API 2.0: Introduction", "Retrieving large volumes of data", "Import characteristics".

The vendor has no idempotency keys. A step whose answer is lost is never repeated on the same definition:
the whole is done again with a new one, which reads the same, or writes the same values to the same records.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from hooks.eloqua.answers import sync_error
from hooks.eloqua.client import ATTEMPTS, EloquaClient
from hooks.eloqua.shapes import Json, listed
from hooks.parts import by_size
from hooks.shapes import understood
from leadline.errors import LeadlineError, SchemaDrift, VendorUnavailable

logger = logging.getLogger(__name__)

DATA_ROWS = 10_000  # of a page; 50,000 are allowed, and would lie in memory at once
UPLOAD_BYTES = 8_000_000  # 32 MB is the limit, above which the vendor answers "not found"
FIELDS_OF_EXPORT, FIELDS_OF_IMPORT = 250, 100
ROUNDS = 3  # of the whole, where an answer was lost on the way
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS = 1.0, 15.0

Row = Mapping[str, Any]
Done = TypeVar("Done")


@dataclass(frozen=True)
class DataPage:
    """One page of an export as it came, and its rows; `total` counts those of all pages."""

    raw: bytes
    rows: Sequence[Row]
    total: int = 0


@dataclass(frozen=True)
class Imported:
    """What became of an import: its rejects, and whether it ended without any complaint."""

    rejects: Sequence[Row]
    succeeded: bool
    logs: Sequence[Row]


class Bulk:
    """Exports and imports over one client.

    Args:
        patience_seconds: How long one sync may take.
    """

    def __init__(self, client: EloquaClient, patience_seconds: float) -> None:
        self._client = client
        self._patience = patience_seconds
        self._fields: dict[str, dict[str, Json]] = {}

    def fields(self, element: str) -> dict[str, Json]:
        """Return an element's fields by internal name, folded; asked for once.

        Raises:
            SchemaDrift: There is no such element.
        """
        if element not in self._fields:
            found = self._in_rounds(lambda: list(self._client.items(f"{element}/fields")))
            with understood(f"{element}/fields"):
                self._fields[element] = {str(item["internalName"]).casefold(): item for item in found}
        return self._fields[element]

    def statement(self, element: str, name: str) -> str:
        """Return how a field is named in definitions.

        Raises:
            SchemaDrift: The element has no such field.
        """
        found = self.fields(element).get(name.casefold())
        if found is None:
            raise SchemaDrift(f"{element} has no field '{name}', or it is hidden from us")
        return str(found["statement"])

    def probe(self, element: str, fields: Mapping[str, str], filter_: str | None) -> None:
        """Let the vendor judge an export, and run nothing."""
        self._drop(self._define(element, "exports", {"fields": dict(fields), "filter": filter_}))

    def export(
        self, element: str, fields: Mapping[str, str], filter_: str | None, name: str
    ) -> Iterator[DataPage]:
        """Yield the pages of an export, in no order.

        Args:
            fields: Name in the rows -> statement.
            filter_: At most 1,000 characters; its times are UTC.
            name: Of the definition, for the people of the tenant.

        Raises:
            VendorUnavailable: It did not end well, or fewer rows came than it counts.
        """
        body: Json = {
            "name": name,
            "fields": dict(fields),
            "areSystemTimestampsInUTC": True,  # else times are US Eastern, in filter and rows
            "autoDeleteDuration": "P1D",
            "dataRetentionDuration": "PT12H",
        }
        if filter_:
            body["filter"] = filter_

        def run() -> tuple[str, str]:
            definition = self._define(element, "exports", body)
            return definition, self._sync(definition, f"export of {element}")[0]

        definition, sync = self._in_rounds(run)
        yield from self._pages(sync)
        self._drop(definition)

    def load(self, element: str, body: Mapping[str, Any], rows: Sequence[Row], name: str) -> Imported:
        """Return what became of rows that are written to records found by `identifierFieldName`.

        Raises:
            LeadlineError: The import failed as a whole; some rows may be written. The same rows may go again.
        """
        whole = {
            **body,
            "name": name,
            "isSyncTriggeredOnImport": False,  # the vendor's default would sync every upload by itself
            "updateRule": "always",
            "autoDeleteDuration": "P7D",
            "dataRetentionDuration": "P7D",
        }

        def run() -> Imported:
            definition = self._define(element, "imports", whole)
            for part in by_size(rows, _weight, UPLOAD_BYTES):
                self._upload(definition, part)
            sync, status, logs = self._sync(definition, f"import to {element}")
            rejects = list(self._client.items(f"{sync.lstrip('/')}/rejects"))
            self._drop(definition)
            return Imported(rejects, status == "success", logs)

        return self._in_rounds(run)

    def _upload(self, definition: str, rows: Sequence[Row]) -> None:
        path = f"{definition.lstrip('/')}/data"
        try:
            answer = self._client.post("bulk", path, rows)
        except SchemaDrift as error:
            # Never more than the vendor takes: so it is the definition that is not there any more.
            raise VendorUnavailable(f"{error}; the import is made anew") from None
        if answer is not None and not (isinstance(answer, dict) and answer.get("uri")):
            raise VendorUnavailable(f"{path}: the answer does not say that the rows were taken")

    def _in_rounds(self, run: Callable[[], Done]) -> Done:
        for attempt in range(1, ROUNDS + 1):
            try:
                return run()
            except VendorUnavailable as error:
                if attempt == ROUNDS or error.retry_after_seconds:
                    raise
                logger.info("bulk: an answer was lost or useless, round %s begins: %s", attempt + 1, error)
                self._client.sleep(2.0**attempt)
        raise VendorUnavailable("bulk: no round ended")  # pragma: no cover -- the loop returns or raises

    def _define(self, element: str, kind: str, body: Mapping[str, Any]) -> str:
        answer = self._client.post("bulk", f"{element}/{kind}", {"name": "Leadline", **body})
        if not isinstance(answer, dict) or not answer.get("uri"):
            raise VendorUnavailable(f"{element}/{kind}: the answer names no definition")
        return str(answer["uri"])

    def _drop(self, definition: str) -> None:
        """Delete a definition; it also ends by itself, so that a refusal matters to nobody."""
        try:
            self._client.delete("bulk", definition.lstrip("/"))
        except LeadlineError as error:
            logger.info("bulk: %s stays until it expires: %s", definition, error)

    def _sync(self, definition: str, what: str) -> tuple[str, str, list[Row]]:
        """Return a sync that has ended: its address, its status and its log.

        Raises:
            LeadlineError: It ended in error, or an export ended with a warning: rows of it may be missing.
        """
        begun = self._client.post("bulk", "syncs", {"syncedInstanceUri": definition})
        if not isinstance(begun, dict) or not begun.get("uri"):
            raise VendorUnavailable(f"{what}: the answer names no sync")
        uri = str(begun["uri"])
        status = self._wait_for(uri, what)
        logs: list[Row] = []
        if status != "success":
            logs = list(self._client.items(f"{uri.lstrip('/')}/logs"))
        if status == "error" or (status == "warning" and what.startswith("export")):
            raise sync_error(logs, f"{what}: the sync ended with {status}")
        return uri, status, logs

    def _wait_for(self, uri: str, what: str) -> str:
        waited, pause = 0.0, FIRST_POLL_SECONDS
        while True:
            _, body = self._client.get("bulk", uri.lstrip("/"), accept=(404, 410))
            if body is None:
                raise VendorUnavailable(f"{what}: the sync is gone; it is asked for anew")
            status = str(body.get("status") if isinstance(body, dict) else "").casefold()
            if status in {"success", "warning", "error"}:
                return status
            if status not in {"pending", "active"}:
                raise VendorUnavailable(f"{what}: the sync has the unknown status '{status}'")
            if waited >= self._patience:
                raise VendorUnavailable(
                    f"{what}: the sync is still {status} after {waited / 60:.0f} minutes; it is asked again "
                    "by the next try (mapping: source.sync_minutes)",
                    300.0,
                )
            self._client.sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, LONGEST_POLL_SECONDS)

    def _pages(self, sync: str) -> Iterator[DataPage]:
        path, offset, empty = f"{sync.lstrip('/')}/data", 0, 0
        while True:
            asked = {"limit": str(DATA_ROWS), "offset": str(offset)}
            raw, body = self._client.get("bulk", path, asked, accept=(404, 410))
            if not isinstance(body, dict):
                raise VendorUnavailable(f"{path}: what the sync left is gone; the export has to be run again")
            rows, total = listed(body, "items", "totalResults", path)
            if rows:
                yield DataPage(raw, rows, total)
            offset, empty = offset + len(rows), 0 if rows else empty + 1
            if offset >= total and not body.get("hasMore"):
                return
            if rows and not body.get("hasMore"):
                raise VendorUnavailable(f"{path}: {offset} rows came of {total}")
            if empty == ATTEMPTS:
                raise VendorUnavailable(f"{path}: pages stay empty, {offset} rows came of {total}")
            if empty:
                self._client.sleep(1.0)


def _weight(row: Row) -> int:
    return len(json.dumps(row, ensure_ascii=False).encode())
