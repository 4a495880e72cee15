"""Finds what a path names in the org's schema, and reads it from a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce.disk import Record
from sandbox.salesforce.errors import Refused
from sandbox.salesforce.fields import Field, SObject
from sandbox.salesforce.store import OrgStore

from .syntax import Path, Query
from .tokens import located

Read = Callable[[Record], Any]
MAX_LEVELS = 5


@dataclass(frozen=True)
class Column:
    """A path with its canonical spelling, its field, and how it is read; `direct` means no relationship."""

    parts: tuple[str, ...]
    field: Field
    read: Read
    direct: bool


class Columns:
    """The columns that one statement may name."""

    def __init__(self, store: OrgStore, sobject: SObject, query: Query | None, statement: str) -> None:
        self._store = store
        self._sobject = sobject
        self._statement = statement
        names = {sobject.name.lower()}
        if query is not None and query.alias:
            names.add(query.alias.lower())
        self._prefixes = names

    def column(self, path: Path) -> Column:
        """Return what the path names.

        Raises:
            Refused: INVALID_FIELD when a part of it does not exist or is hidden.
        """
        parts = path.parts
        if len(parts) > 1 and parts[0].lower() in self._prefixes:
            own = parts[0].lower() in self._sobject.relationships
            parts = parts if own else parts[1:]
        if len(parts) > MAX_LEVELS + 1:
            raise self.invalid(path, "SOQL relationships may be no more than 5 levels deep")
        return self._resolve(self._sobject, parts, path)

    def _resolve(self, sobject: SObject, parts: tuple[str, ...], path: Path) -> Column:
        if len(parts) == 1:
            field = sobject.lower.get(parts[0].lower())
            if field is None:
                raise self.invalid(
                    path,
                    f"No such column '{parts[0]}' on entity '{sobject.name}'. If you are attempting to use a "
                    "custom field, be sure to append the '__c' after the custom field name. Please reference "
                    "your WSDL or the describe call for the appropriate names.",
                )
            return Column((field.name,), field, reader(self._store, sobject, field), True)
        link = sobject.relationships.get(parts[0].lower())
        if link is None or link.relationship is None:
            raise self.invalid(
                path,
                f"Didn't understand relationship '{parts[0]}' in field path. If you are attempting to use a "
                "custom relationship, be sure to append the '__r' after the custom relationship name. Please "
                "reference your WSDL or the describe call for the appropriate names.",
            )
        inner = self._resolve(target(self._store, link), parts[1:], path)
        parent = parent_reader(self._store, link)
        read_inner = inner.read

        def read(record: Record) -> Any:
            above = parent(record)
            return None if above is None else read_inner(above)

        return Column((link.relationship, *inner.parts), inner.field, read, False)

    def invalid(self, path: Path, message: str, code: str = "INVALID_FIELD") -> Refused:
        """Return the refusal of a column, with its place in the statement."""
        return Refused(code, located(self._statement, path.at, message))


def target(store: OrgStore, link: Field) -> SObject:
    """Return the object behind a relationship; one that may be several is seen as `Name`."""
    name = link.reference_to[0] if len(link.reference_to) == 1 else "Name"
    return store.schema.objects[name]


def parent_reader(store: OrgStore, link: Field) -> Callable[[Record], Record | None]:
    """Return how to get from a record to the record its relationship names."""
    name = link.name
    if len(link.reference_to) == 1:
        table = store.tables[link.reference_to[0]]
        return lambda record: table.get(record.get(name) or "")

    tables = [(store.schema.objects[to].prefix, to, store.tables[to]) for to in link.reference_to]

    def parent(record: Record) -> Record | None:
        record_id = record.get(name) or ""
        for prefix, kind, table in tables:
            if record_id.startswith(prefix):
                found = table.get(record_id)
                return {**found, "Type": kind} if found is not None else None
        return None

    return parent


def reader(store: OrgStore, sobject: SObject, field: Field) -> Read:
    """Return how to read a field of a record."""
    name = field.name
    if field.derived:
        return _derived(store, sobject, field)
    if field.compound is not None:
        return _address(field.compound)
    if field.type == "boolean":
        return lambda record: record.get(name) or False
    return lambda record: record.get(name)


def _derived(store: OrgStore, sobject: SObject, field: Field) -> Read:
    columns = Columns(store, sobject, None, "")
    reads = [columns.column(Path(tuple(path.split(".")), 0)).read for path in field.derived]

    def read(record: Record) -> Any:
        for each in reads:
            value = each(record)
            if value is not None:
                return value
        return None

    return read


_PARTS = ("Street", "City", "State", "PostalCode", "Country", "Latitude", "Longitude", "GeocodeAccuracy")


def _address(prefix: str) -> Read:
    names = [(part[0].lower() + part[1:], prefix + part) for part in _PARTS]

    def read(record: Record) -> dict[str, Any] | None:
        value = {short: record.get(name) for short, name in names}
        return value if any(part is not None for part in value.values()) else None

    return read
