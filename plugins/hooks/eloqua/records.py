"""Writing to Eloqua's records: contacts, and rows of custom objects that carry a key of ours.

A row is found by its key, never by its place. The same row written twice is one row: contacts are only
updated, and a custom object's row is made once per key. Source: Oracle, "Import characteristics", "Creating
new custom object records"; 26B "Update Only or Create Only imports".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hooks.eloqua.answers import refused
from hooks.eloqua.bulk import FIELDS_OF_IMPORT, Bulk, Imported
from hooks.shapes import understood
from leadline.errors import ConfigurationError
from leadline.ports import RowResult

KEY = "LL_Key"  # name of the identifying column in our imports
FILTER_LENGTH = 1000
WHOLE_ABOVE = 300  # keys; above, the whole key column is cheaper than filters of a few keys each

Values = Mapping[str, str | None]


class EloquaRecords:
    """Imports over one tenant. `link_rows_by`: contact statement that links new rows, if any."""

    def __init__(self, bulk: Bulk, supplier: str, link_rows_by: str | None = None) -> None:
        self._bulk = bulk
        self._supplier = supplier
        self._link_rows_by = link_rows_by

    def update_contacts(self, rows: Mapping[str, Values]) -> Iterator[RowResult]:
        """Yield one result per contact, keyed by its id; an id that is gone is never made anew."""
        body = {"importRule": "updateOnly"}
        yield from self._write("contacts", "{{Contact.Id}}", rows, body)

    def update_rows(self, object_: str, rows: Mapping[str, Values]) -> Iterator[RowResult]:
        """Yield one result per row of a custom object, keyed by the row's own id."""
        yield from self._write(f"customObjects/{object_}", f"{{{{CustomObject[{object_}].Id}}}}", rows, {})

    def upsert(
        self, object_: str, key_field: str, rows: Mapping[str, Values], lead_field: str | None = None
    ) -> Iterator[RowResult]:
        """Yield one result per row, keyed by what stands in `key_field`; a row is made where none is.

        Args:
            lead_field: Field that holds the contact's id, by which the row is linked if the mapping says so.
        """
        element = f"customObjects/{object_}"
        body: dict[str, Any] = {}
        if self._link_rows_by and lead_field:
            body = {
                "mapDataCards": True,
                "mapDataCardsEntityType": "Contact",
                "mapDataCardsEntityField": self._link_rows_by,
                "mapDataCardsSourceField": lead_field,
            }
        yield from self._write(element, self._bulk.statement(element, key_field), rows, body)

    def row_ids(self, object_: str, key_field: str, keys: Sequence[str]) -> dict[str, str]:
        """Return key -> id of the row that carries it, for the keys that are there."""
        element = f"customObjects/{object_}"
        statement = self._bulk.statement(element, key_field)
        fields = {"key": statement, "id": f"{{{{CustomObject[{object_}].Id}}}}"}
        wanted, found = set(keys), dict[str, str]()
        filters: list[str | None] = (
            [None] if len(wanted) > WHOLE_ABOVE else [*_filters(statement, sorted(wanted))]
        )
        for filter_ in filters:
            for page in self._bulk.export(element, fields, filter_, f"Leadline look-up {self._supplier}"):
                with understood(f"export of {element}"):
                    found |= {str(row["key"]): str(row["id"]) for row in page.rows if row["key"] in wanted}
        return found

    def _write(
        self, element: str, statement: str, rows: Mapping[str, Values], body: Mapping[str, Any]
    ) -> Iterator[RowResult]:
        # An import writes every column of its definition: rows of different columns go apart, or a column
        # that a row does not name would be blanked.
        groups: dict[tuple[str, ...], dict[str, Values]] = {}
        for key, values in rows.items():
            groups.setdefault(tuple(sorted(values)), {})[key] = values
        for names, group in groups.items():
            if len(names) >= FIELDS_OF_IMPORT:
                raise ConfigurationError(
                    f"{self._supplier}: {len(names)} fields are written to {element}; Eloqua imports at most "
                    f"{FIELDS_OF_IMPORT - 1} beside the key"
                )
            fields = {name: self._bulk.statement(element, name) for name in names}
            dates = {name for name in names if self._is_date(element, name)}
            sent = [
                {KEY: key, **{name: _cell(values[name], name in dates) for name in names}}
                for key, values in group.items()
            ]
            whole = {**body, "fields": {KEY: statement, **fields}, "identifierFieldName": KEY}
            done = self._bulk.load(element, whole, sent, f"Leadline {self._supplier}")
            yield from _results(group, done)

    def _is_date(self, element: str, name: str) -> bool:
        return self._bulk.fields(element)[name.casefold()].get("dataType") == "date"


def _results(keys: Mapping[str, Values], done: Imported) -> Iterator[RowResult]:
    rejected: dict[str, Mapping[str, Any]] = {}
    strangers = 0
    for row in done.rejects:
        told = row.get("fieldValues")
        key = str(told.get(KEY) or "") if isinstance(told, Mapping) else ""
        strangers += key not in keys
        rejected[key] = row
    # A warning that no reject explains, or a reject of a row that we cannot tell, leaves the others open.
    doubtful = strangers > 0 or (not done.succeeded and not done.rejects)
    code = next(
        (str(line.get("statusCode")) for line in done.logs if line.get("severity") == "warning"), "a warning"
    )
    for key in keys:
        if (reject := rejected.get(key)) is not None:
            yield refused(
                key,
                str(reject.get("statusCode") or "REJECTED"),
                str(reject.get("message") or "rejected"),
                field=", ".join(name for name in _names(reject.get("invalidFields")) if name != KEY) or None,
            )
        elif doubtful:
            yield refused(key, "NO_VERDICT", f"the import ended with {code}, which names no row; sent again")
        else:
            yield RowResult(key, ok=True, record_id=key)


def _names(fields: Any) -> list[str]:
    return [str(name) for name in fields] if isinstance(fields, list) else []


def _filters(statement: str, keys: Sequence[str]) -> Iterator[str]:
    """Yield filters for a few keys each, none longer than the vendor takes."""
    text = ""
    for key in keys:
        quoted = key.replace("'", "''")
        clause = f"'{statement}' = '{quoted}'"
        if text and len(text) + len(clause) + 4 > FILTER_LENGTH:
            yield text
            text = ""
        text = f"{text} OR {clause}" if text else clause
    if text:
        yield text


def _cell(value: str | None, date: bool) -> str:
    """Return a value as an import takes it: blank clears; times are UTC without a zone."""
    if value is None:
        return ""
    if not date:
        return value
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value  # the vendor refuses the row, and says so
    return f"{at.astimezone(UTC) if at.tzinfo else at:%Y-%m-%d %H:%M:%S}"
