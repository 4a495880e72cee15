"""Rows as an answer shows them: selected properties, annotations, expanded rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import bad_query, no_property
from .filters import compile_filter
from .schema import Column, Table
from .store import Row, Store

FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOOKUP_TYPE = "Microsoft.Dynamics.CRM.lookuplogicalname"
NAVIGATION = "Microsoft.Dynamics.CRM.associatednavigationproperty"

_OPTION = re.compile(r"\$(select|filter|orderby|top)=", re.IGNORECASE)


@dataclass(frozen=True)
class Shape:
    """What to show of rows.

    Args:
        select: Properties; None: all.
        expand: Navigation property -> shape of what is behind it.
        annotations: Patterns of annotations that the client asked for.
    """

    select: tuple[str, ...] | None = None
    expand: tuple[tuple[str, Shape], ...] = ()
    annotations: tuple[str, ...] = ()
    condition: str | None = None

    def wants(self, annotation: str) -> bool:
        """Say whether an annotation was asked for."""
        return any(
            one == "*" or one == annotation or (one.endswith("*") and annotation.startswith(one[:-1]))
            for one in self.annotations
        )


def read_shape(query: Mapping[str, str], annotations: Sequence[str]) -> Shape:
    """Return the shape that query options ask for."""
    select = query.get("$select")
    chosen = tuple(name.strip() for name in select.split(",") if name.strip()) if select else None
    expand = tuple(_expanded(query.get("$expand", ""), annotations))
    return Shape(chosen, expand, tuple(annotations), query.get("$filter"))


def _expanded(text: str, annotations: Sequence[str]) -> Iterable[tuple[str, Shape]]:
    for part in split(text, ","):
        name, _, rest = part.partition("(")
        options: dict[str, str] = {}
        for option in split(rest.rstrip().removesuffix(")"), ";"):
            found = _OPTION.match(option)
            if found is None and not option.startswith("$expand="):
                raise bad_query(f"Term '{option}' is not valid in a $select or $expand expression.")
            key, _, value = option.partition("=")
            options[key] = value
        yield name.strip(), read_shape(options, annotations)


def split(text: str, mark: str) -> list[str]:
    """Return the parts of a text between marks that are in no parentheses and no quotes."""
    parts, depth, quoted, part = [], 0, False, ""
    for letter in text:
        if letter == "'":
            quoted = not quoted
        depth += 0 if quoted else {"(": 1, ")": -1}.get(letter, 0)
        if letter == mark and depth == 0 and not quoted:
            parts.append(part)
            part = ""
        else:
            part += letter
    parts.append(part)
    return [one.strip() for one in parts if one.strip()]


class Shower:
    """Shows rows of one table in one shape; what can be worked out once is."""

    def __init__(self, store: Store, table: Table, shape: Shape) -> None:
        self._store = store
        self._table = table
        self._shape = shape
        hidden = store.note("hidden", table.name) or ()
        names = shape.select if shape.select is not None else tuple(table.by_property)
        columns: dict[str, Column] = {}
        for name in names:
            column = table.by_property.get(name)
            if column is None or column.name in hidden:
                if shape.select is None:
                    continue
                raise no_property(table.name, name)
            columns[name] = column
            if column.kind == "N" and "transactioncurrencyid" in table.columns:
                columns.setdefault("_transactioncurrencyid_value", table.columns["transactioncurrencyid"])
        columns[table.id_column] = table.columns[table.id_column]
        self._columns = columns
        self._formatted = shape.wants(FORMATTED)
        self._expand = [(name, self._behind(name, inner)) for name, inner in shape.expand]

    def show(self, row: Row) -> dict[str, Any]:
        """Return one row as JSON."""
        shown: dict[str, Any] = {"@odata.etag": f'W/"{row.get("versionnumber", 0)}"'}
        for name, column in self._columns.items():
            value = row.get(column.name)
            shown[name] = value[1] if isinstance(value, list) else value
            if value is not None:
                self._annotate(shown, name, column, value)
        for name, read in self._expand:
            shown[name] = read(row)
        return shown

    def _annotate(self, shown: dict[str, Any], name: str, column: Column, value: Any) -> None:
        if column.kind == "L":
            if self._shape.wants(LOOKUP_TYPE):
                shown[f"{name}@{LOOKUP_TYPE}"] = value[0]
            if self._shape.wants(NAVIGATION):
                shown[f"{name}@{NAVIGATION}"] = column.name
        if self._formatted and (label := label_of(self._store, column, value)) is not None:
            shown[f"{name}@{FORMATTED}"] = label

    def _behind(self, name: str, inner: Shape) -> Callable[[Row], Any]:
        if name in self._table.navigation:
            return self._single(name, inner)
        return self._many(name, inner)

    def _single(self, name: str, inner: Shape) -> Callable[[Row], Any]:
        column, targets = self._table.navigation[name]
        showers = {
            target: Shower(self._store, self._store.schema.tables[target], inner) for target in targets[:1]
        }

        def read(row: Row) -> Any:
            lookup = row.get(column.name)
            found = self._store.get(*lookup) if lookup and lookup[0] in showers else None
            return showers[lookup[0]].show(found) if found is not None and lookup else None

        return read

    def _many(self, name: str, inner: Shape) -> Callable[[Row], Any]:
        target, read_rows = collection(self._store, self._table, name)
        shower = Shower(self._store, target, inner)
        test = compile_filter(self._store, target, inner.condition) if inner.condition else None
        return lambda row: [shower.show(one) for one in read_rows(row) if test is None or test(one)]


def collection(store: Store, table: Table, name: str) -> tuple[Table, Callable[[Row], list[Row]]]:
    """Return the table behind a collection-valued navigation property, and how its rows are read.

    Raises:
        Refused: The table has no such property.
    """
    lowered = name.lower()
    for target in ("lead", "contact", "account"):
        if table.name == "list" and lowered == f"list{target}_association":
            return store.schema.tables[target], _members(store, target)
    for child in store.schema.tables.values():
        for column in child.columns.values():
            if table.name in column.targets and lowered in (
                f"{table.name}_{child.name}",
                f"{table.name}_{child.name}s",
                f"{child.name}_{column.name}_{table.name}",
                f"{table.name}_{child.name}_{column.name}",
                f"{column.name.removesuffix('id')}_{child.name}",
            ):
                return child, lambda row, child=child, column=column: store.find(
                    child.name, column.name, row["_id"]
                )
    raise no_property(table.name, name)


def _members(store: Store, target: str) -> Callable[[Row], list[Row]]:
    return lambda row: [
        found
        for member in store.find("listmember", "listid", row["_id"])
        if (link := member.get("entityid")) and link[0] == target and (found := store.get(*link))
    ]


def label_of(store: Store, column: Column, value: Any) -> str | None:
    """Return a value as people see it."""
    match column.kind:
        case "P" | "s" | "r":
            return column.options.get(value)
        case "X":
            return "; ".join(column.options[int(one)] for one in str(value).split(",") if one)
        case "B":
            return "Yes" if value else "No"
        case "L":
            table = store.schema.tables[value[0]]
            row = store.get(*value)
            name = row.get(table.primary_name) if row and table.primary_name else None
            return str(name) if name else None
        case "N":
            return f"{value:,.2f}"
        case "I":
            return f"{value:,}"
    return None
