"""Runs a SELECT over the org's records: which rows, in which order, and how each is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce.disk import Record
from sandbox.salesforce.errors import Refused
from sandbox.salesforce.fields import SObject
from sandbox.salesforce.store import OrgStore

from .columns import Column, Columns, parent_reader, target
from .filters import Filters
from .groups import group_rows
from .parser import parse, parse_condition
from .syntax import Aggregate, Among, Compare, Condition, FieldSet, Junction, Order, Path, Query
from .tokens import malformed

Write = Callable[[Record, str], Any]
Part = tuple[tuple[str, ...], Callable[[Record], Any]]  # a path below an object, and how it is read


@dataclass(frozen=True)
class Selection:
    """The result of a query.

    Args:
        rows: Records, or finished group rows when `grouped`.
        columns: The selected columns in order, without inner queries.
        write: Makes the JSON object of a row; takes the row and the path of the API version.
    """

    query: Query
    sobject: SObject
    rows: list[Record]
    columns: tuple[Column, ...]
    write: Write
    grouped: bool = False

    @property
    def total(self) -> int:
        """Return how many rows there are."""
        return len(self.rows)


def condition_test(store: OrgStore, name: str, text: str) -> Callable[[Record], bool]:
    """Return a predicate over records of one object from a SOQL condition; "" fits all."""
    if not text.strip():
        return lambda _: True
    sobject = store.schema.objects[name]
    columns = Columns(store, sobject, None, text)
    return Filters(store, columns, lambda _: []).predicate(parse_condition(text))


def select(store: OrgStore, statement: str, *, deleted: bool = False) -> Selection:
    """Return the rows of a statement; `deleted` shows deleted and archived ones too, as queryAll does.

    Raises:
        Refused: MALFORMED_QUERY, INVALID_FIELD, INVALID_TYPE and their like.
    """
    return _Selector(store, statement, deleted).selection(parse(statement))


class _Selector:
    def __init__(self, store: OrgStore, statement: str, deleted: bool) -> None:
        self._store = store
        self._statement = statement
        self._deleted = deleted

    def selection(self, query: Query, sobject: SObject | None = None) -> Selection:
        sobject = sobject or self._store.schema.object_for_query(query.entity)
        columns = Columns(self._store, sobject, query, self._statement)
        filters = Filters(self._store, columns, self._values)
        if sobject.name == "ContentDocumentLink" and not _names(
            query.where, {"linkedentityid", "contentdocumentid"}
        ):
            raise malformed(
                self._statement, query.entity_at,
                "Implementation restriction: ContentDocumentLink requires a filter by a single Id on "
                "ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN "
                "operator.",
            )  # fmt: skip
        test = filters.predicate(query.where) if query.where is not None else None
        near = filters.candidates(query.where, sobject.name)
        rows = self._visible(near if near is not None else self._store.tables[sobject.name].values())
        if test is not None:
            rows = [record for record in rows if test(record)]
        if query.is_aggregate and not query.is_count:
            selected = group_rows(query, columns, rows, self._statement)
            return Selection(query, sobject, selected, (), lambda row, _: row, grouped=True)
        if query.is_count:
            if query.order_by:
                raise malformed(self._statement, query.entity_at, "COUNT() can not be ordered")
            return Selection(query, sobject, rows[query.offset :][: query.limit], (), lambda row, _: row)
        rows = self._ordered(query.order_by, columns, rows)
        if query.offset > 2_000:
            raise Refused("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        if query.offset or query.limit is not None:
            end = None if query.limit is None else query.offset + query.limit
            rows = rows[query.offset : end]
        chosen, write = self._writer(query, sobject, columns)
        return Selection(query, sobject, rows, chosen, write)

    def _visible(self, records: Iterable[Record]) -> list[Record]:
        if self._deleted:
            return list(records)
        return [record for record in records if not record["IsDeleted"] and not record.get("IsArchived")]

    def _values(self, query: Query) -> Iterable[Any]:
        selection = self.selection(query)
        if len(selection.columns) != 1:
            raise malformed(
                self._statement, query.entity_at, "only one column may be selected in an inner query"
            )
        read = selection.columns[0].read
        return [read(record) for record in selection.rows]

    def _ordered(self, orders: tuple[Order, ...], columns: Columns, rows: list[Record]) -> list[Record]:
        for order in reversed(orders):
            if isinstance(order.path, Aggregate):
                raise malformed(self._statement, 0, "aggregates order grouped queries only")
            column = columns.column(order.path)
            if not column.field.sortable:
                raise malformed(
                    self._statement,
                    order.path.at,
                    f"field '{column.field.name}' can not be sorted in a query call",
                )
            rows = sort_rows(rows, column.read, order)
        return rows

    # --- writing rows ----------------------------------------------------------------------------------

    def _writer(self, query: Query, sobject: SObject, columns: Columns) -> tuple[tuple[Column, ...], Write]:
        chosen: list[Column] = []
        children: list[tuple[str, Write]] = []
        for item in query.select:
            if isinstance(item, FieldSet):
                chosen.extend(self._field_set(item, query, sobject, columns))
            elif isinstance(item, Query):
                children.append(self._child(item, sobject))
            elif isinstance(item, Path):
                if item.alias:
                    raise malformed(self._statement, item.at, "an alias needs a grouped query here")
                chosen.append(columns.column(item))
        seen: set[tuple[str, ...]] = set()
        for column in chosen:
            if column.parts in seen:
                raise malformed(self._statement, 0, f"duplicate field selected: {column.parts[-1]}")
            seen.add(column.parts)
        return tuple(chosen), row_writer(self._store, sobject, [(c.parts, c.read) for c in chosen], children)

    def _field_set(self, item: FieldSet, query: Query, sobject: SObject, columns: Columns) -> list[Column]:
        if item.which not in {"ALL", "STANDARD", "CUSTOM"}:
            raise malformed(self._statement, item.at, f"unexpected token: '{item.which}'")
        if item.which != "STANDARD" and (query.limit is None or query.limit > 200):
            raise malformed(
                self._statement,
                item.at,
                f"The SOQL FIELDS function must have a LIMIT of at most 200: {item.which}",
            )
        wanted = {"ALL": (True, False), "STANDARD": (False,), "CUSTOM": (True,)}[item.which]
        return [
            columns.column(Path((name,), item.at))
            for name, field in sobject.fields.items()
            if field.custom in wanted
        ]

    def _child(self, query: Query, parent: SObject) -> tuple[str, Write]:
        found = self._store.schema.child(parent, query.entity)
        if found is None:
            raise Refused(
                "INVALID_TYPE", f"Didn't understand relationship '{query.entity}' in FROM part of query call."
            )
        sobject, link = found
        if query.is_aggregate:
            raise malformed(self._statement, query.entity_at, "aggregates are not allowed in an inner query")
        columns = Columns(self._store, sobject, query, self._statement)
        filters = Filters(self._store, columns, self._values)
        test = filters.predicate(query.where) if query.where is not None else None
        _, write = self._writer(query, sobject, columns)

        def children(record: Record, base: str) -> Any:
            rows = self._visible(self._store.find(sobject.name, link, record["Id"]))
            rows = [row for row in rows if test is None or test(row)]
            rows = self._ordered(query.order_by, columns, rows)[query.offset :][: query.limit]
            if not rows:
                return None
            return {"totalSize": len(rows), "done": True, "records": [write(row, base) for row in rows]}

        return link.child_relationship or query.entity, children


def sort_rows(rows: list[Record], read: Callable[[Record], Any], order: Order) -> list[Record]:
    """Return the rows ordered by one column: text without regard to case, nulls where the order says."""
    empty, filled = [], []
    for row in rows:
        value = read(row)
        if value is None:
            empty.append(row)
        else:
            filled.append((value.lower() if isinstance(value, str) else value, row))
    filled.sort(key=lambda pair: pair[0], reverse=order.descending)
    ordered = [row for _, row in filled]
    return empty + ordered if order.nulls_first else ordered + empty


def row_writer(
    store: OrgStore,
    sobject: SObject,
    columns: Sequence[Part],
    children: list[tuple[str, Write]],
) -> Write:
    """Return how to write one record as JSON: columns in order, parents as nested objects."""
    plain: list[tuple[str, Callable[[Record], Any]]] = []
    slots: dict[str, list[Part]] = {}
    order: list[str] = []
    for parts, read in columns:
        if parts[0] not in order:
            order.append(parts[0])
        if len(parts) == 1:
            plain.append((parts[0], read))
        else:
            slots.setdefault(parts[0], []).append((parts[1:], read))
    nested = {name: _parent_writer(store, sobject, name, inner) for name, inner in slots.items()}
    kind = sobject.name
    head = f"/sobjects/{kind}/"
    reads = dict(plain)
    steps = [(name, reads.get(name), nested.get(name)) for name in order]

    def write(record: Record, base: str) -> dict[str, Any]:
        row: dict[str, Any] = {"attributes": {"type": kind, "url": base + head + record["Id"]}}
        for name, read, parent in steps:
            row[name] = (
                parent(record, base) if parent is not None else read(record) if read is not None else None
            )
        for name, child in children:
            row[name] = child(record, base)
        return row

    return write


def _parent_writer(
    store: OrgStore,
    sobject: SObject,
    relationship: str,
    inner: Sequence[Part],
) -> Write:
    link = sobject.relationships[relationship.lower()]
    above = target(store, link)
    parent = parent_reader(store, link)
    columns = Columns(store, above, None, "")
    rebuilt: list[Part] = [(parts, columns.column(Path(parts, 0)).read) for parts, _ in inner]
    write_inner = row_writer(store, above, rebuilt, [])

    def write(record: Record, base: str) -> Any:
        found = parent(record)
        if found is None:
            return None
        row = write_inner(found, base)
        if above.name == "Name":
            row["attributes"] = {
                "type": found["Type"],
                "url": f"{base}/sobjects/{found['Type']}/{found['Id']}",
            }
        return row

    return write


def _names(condition: Condition | None, wanted: set[str]) -> bool:
    if isinstance(condition, Compare):
        return condition.path.text.lower() in wanted and condition.operator == "="
    if isinstance(condition, Among):
        return condition.path.text.lower() in wanted and not condition.negated
    if isinstance(condition, Junction):
        return condition.word == "AND" and any(_names(inner, wanted) for inner in condition.conditions)
    return False
