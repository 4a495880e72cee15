"""Aggregates: `COUNT(Id)`, `MAX(SystemModstamp)` and their like, with GROUP BY."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.salesforce.disk import Record
from sandbox.salesforce.fields import NUMBER_TYPES

from .columns import Columns
from .syntax import Aggregate, Path, Query
from .tokens import malformed

_Values = list[Any]
_FUNCTIONS: dict[str, Callable[[_Values], Any]] = {
    "COUNT": len,
    "COUNT_DISTINCT": lambda values: len({v.lower() if isinstance(v, str) else v for v in values}),
    "SUM": lambda values: sum(values) if values else None,
    "AVG": lambda values: sum(values) / len(values) if values else None,
    "MIN": lambda values: min(values) if values else None,
    "MAX": lambda values: max(values) if values else None,
}


def group_rows(query: Query, columns: Columns, rows: list[Record], statement: str) -> list[Record]:
    """Return one finished row per group, in ORDER BY order; without GROUP BY there is exactly one.

    Raises:
        Refused: MALFORMED_QUERY for a selected field that is neither grouped nor aggregated.
    """
    if not query.group_by and (query.limit is not None or query.offset):
        raise malformed(
            statement,
            query.entity_at,
            "Non-grouped query that uses overall aggregate functions cannot also use LIMIT",
        )
    keys = [columns.column(path) for path in query.group_by]
    grouped: dict[tuple[Any, ...], list[Record]] = {} if keys else {(): []}
    for record in rows:
        grouped.setdefault(tuple(column.read(record) for column in keys), []).append(record)
    makers = _makers(query, columns, statement)
    finished = [
        (
            {
                "attributes": {"type": "AggregateResult"},
                **{name: make(key, members) for name, make in makers},
            },
            key,
            members,
        )
        for key, members in grouped.items()
    ]
    for order in reversed(query.order_by):
        make = _maker(order.path, query, columns, statement)
        filled = [row for row in finished if make(row[1], row[2]) is not None]
        empty = [row for row in finished if make(row[1], row[2]) is None]
        filled.sort(key=lambda row, make=make: make(row[1], row[2]), reverse=order.descending)  # type: ignore[misc]
        finished = empty + filled if order.nulls_first else filled + empty
    end = None if query.limit is None else query.offset + query.limit
    return [row for row, _, _ in finished][query.offset : end]


_Make = Callable[[tuple[Any, ...], list[Record]], Any]


def _makers(query: Query, columns: Columns, statement: str) -> list[tuple[str, _Make]]:
    makers: list[tuple[str, _Make]] = []
    unnamed = 0
    for item in query.select:
        if not isinstance(item, Path | Aggregate):
            raise malformed(statement, 0, "inner queries and FIELDS() are not allowed in a grouped query")
        make = _maker(item, query, columns, statement)
        if item.alias:
            makers.append((item.alias, make))
        elif isinstance(item, Path):
            makers.append((columns.column(item).parts[-1], make))
        else:
            makers.append((f"expr{unnamed}", make))
            unnamed += 1
    return makers


def _maker(item: Path | Aggregate, query: Query, columns: Columns, statement: str) -> _Make:
    if isinstance(item, Path):
        parts = columns.column(item).parts
        places = [columns.column(path).parts for path in query.group_by]
        if parts not in places:
            raise malformed(statement, item.at, f"Field must be grouped or aggregated: {item.text}")
        place = places.index(parts)
        return lambda key, _: key[place]
    if item.path is None:
        return lambda _, members: len(members)
    column = columns.column(item.path)
    if item.function in {"SUM", "AVG"} and column.field.type not in NUMBER_TYPES:
        raise malformed(
            statement,
            item.path.at,
            f"field {item.path.text} does not support aggregate operator {item.function}",
        )
    read, function = column.read, _FUNCTIONS[item.function]

    def make(_: tuple[Any, ...], members: list[Record]) -> Any:
        return function([value for value in map(read, members) if value is not None])

    return make
