"""Turns conditions into predicates over records, with SOQL's rules for nulls, types and letter case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.salesforce import identifiers, stamps
from sandbox.salesforce.disk import Record
from sandbox.salesforce.errors import Refused
from sandbox.salesforce.fields import ID_TYPES, NUMBER_TYPES, Field
from sandbox.salesforce.store import OrgStore

from .columns import Column, Columns
from .spans import span
from .syntax import Among, Compare, Condition, Includes, Junction, Negation, Path, Query, Value

Predicate = Callable[[Record], bool]
Subselect = Callable[[Query], Iterable[Any]]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda value, bound: value is not None and value < bound,
    "<=": lambda value, bound: value is not None and value <= bound,
    ">": lambda value, bound: value is not None and value > bound,
    ">=": lambda value, bound: value is not None and value >= bound,
}


class Filters:
    """Compiles the conditions of one statement.

    Args:
        subselect: Gives the values of the one column of an inner query.
    """

    def __init__(self, store: OrgStore, columns: Columns, subselect: Subselect) -> None:
        self._store = store
        self._columns = columns
        self._subselect = subselect

    def predicate(self, condition: Condition) -> Predicate:
        """Return a function that says whether a record satisfies the condition.

        Raises:
            Refused: INVALID_FIELD for unknown columns and values of the wrong type.
        """
        if isinstance(condition, Junction):
            return _junction(condition.word, [self.predicate(inner) for inner in condition.conditions])
        if isinstance(condition, Negation):
            inner = self.predicate(condition.condition)
            return lambda record: not inner(record)
        column = self._column(condition.path)
        if isinstance(condition, Compare):
            return self._compare(column, condition)
        if isinstance(condition, Among):
            read, wanted = column.read, self._wanted(column, condition)
            fold = _fold(column.field)
            negated = condition.negated
            return lambda record: (fold(read(record)) in wanted) is not negated
        return self._includes(column, condition)

    def candidates(self, condition: Condition | None, name: str) -> list[Record] | None:
        """Return the only records that can satisfy the condition when an index tells, else None."""
        parts: tuple[Condition, ...] = ()
        if isinstance(condition, Junction) and condition.word == "AND":
            parts = condition.conditions
        elif condition is not None:
            parts = (condition,)
        for part in parts:
            values: Iterable[Any] | None = None
            if isinstance(part, Compare) and part.operator == "=" and part.value.kind == "text":
                column = self._column(part.path)
                values = [self._literal(column, part.value, part.path)]
            elif isinstance(part, Among) and not part.negated:
                column = self._column(part.path)
                if column.direct and self._store.indexed(column.field):
                    values = self._wanted(column, part)
            if values is None or not column.direct or not self._store.indexed(column.field):
                continue
            values = list(values)
            if None in values:
                continue
            found = [record for value in values for record in self._store.find(name, column.field, value)]
            return sorted(found, key=lambda record: str(record["Id"]))
        return None

    def _column(self, path: Path) -> Column:
        column = self._columns.column(path)
        if not column.field.filterable:
            raise self._columns.invalid(
                path, f"field '{column.field.name}' can not be filtered in a query call"
            )
        return column

    def _wanted(self, column: Column, condition: Among) -> frozenset[Any]:
        fold = _fold(column.field)
        if isinstance(condition.values, Query):
            return frozenset(fold(value) for value in self._subselect(condition.values) if value is not None)
        return frozenset(fold(self._literal(column, value, condition.path)) for value in condition.values)

    def _compare(self, column: Column, condition: Compare) -> Predicate:
        read, operator = column.read, condition.operator
        if operator == "LIKE":
            return self._like(column, condition)
        if condition.value.kind == "span":
            return self._span(column, condition)
        fold = _fold(column.field)
        bound = fold(self._literal(column, condition.value, condition.path))
        if operator == "=":
            return lambda record: bool(fold(read(record)) == bound)
        if operator == "!=":
            return lambda record: bool(fold(read(record)) != bound)
        if column.field.type in {"boolean", *ID_TYPES} or bound is None:
            raise self._columns.invalid(
                condition.path, "invalid operator on " + column.field.type + " field", "INVALID_FIELD"
            )
        compare = _COMPARE[operator]
        return lambda record: compare(fold(read(record)), bound)

    def _like(self, column: Column, condition: Compare) -> Predicate:
        if condition.value.kind != "text" or column.field.type in {
            "boolean", "date", "datetime", "multipicklist", *NUMBER_TYPES, *ID_TYPES
        }:  # fmt: skip
            raise self._columns.invalid(condition.path, "invalid operator on " + column.field.type + " field")
        matches = _like_pattern(condition.value.value).fullmatch
        read = column.read
        return lambda record: matches(read(record) or "") is not None

    def _span(self, column: Column, condition: Compare) -> Predicate:
        name, number = condition.value.value
        days = (
            span(name, number, self._store.now().date())
            if column.field.type in {"date", "datetime"}
            else None
        )
        if days is None:
            raise self._columns.invalid(
                condition.path,
                f"unexpected token: '{name}'" if column.field.type in {"date", "datetime"} else
                self._wrong_type(column.field, quoted=False),
                "MALFORMED_QUERY" if column.field.type in {"date", "datetime"} else "INVALID_FIELD",
            )  # fmt: skip
        write = stamps.day_start if column.field.type == "datetime" else (lambda day: day.isoformat())
        start, end = write(days[0]), write(days[1])
        read = column.read
        tests: dict[str, Callable[[Any], bool]] = {
            "=": lambda value: value is not None and start <= value < end,
            "!=": lambda value: value is None or not start <= value < end,
            "<": lambda value: value is not None and value < start,
            "<=": lambda value: value is not None and value < end,
            ">": lambda value: value is not None and value >= end,
            ">=": lambda value: value is not None and value >= start,
        }
        test = tests[condition.operator]
        return lambda record: test(read(record))

    def _includes(self, column: Column, condition: Includes) -> Predicate:
        if column.field.type != "multipicklist":
            raise self._columns.invalid(condition.path, "INCLUDES and EXCLUDES need a multi-select picklist")
        wanted = [
            frozenset(part.strip().lower() for part in str(value.value).split(";"))
            for value in condition.values
        ]
        read, negated = column.read, condition.negated

        def fits(record: Record) -> bool:
            chosen = {part.lower() for part in (read(record) or "").split(";")}
            return any(group <= chosen for group in wanted) is not negated

        return fits

    def _literal(self, column: Column, value: Value, path: Path) -> Any:
        field = column.field
        if value.kind == "null":
            return None
        if field.type in ID_TYPES:
            if value.kind != "text":
                raise self._columns.invalid(path, self._wrong_type(field, quoted=True))
            if not value.value:
                return None
            try:
                return identifiers.normal(value.value)
            except Refused:
                raise Refused("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value.value}") from None
        expected = {"boolean": "boolean", "date": "date", "datetime": "datetime"}.get(
            field.type, "number" if field.type in NUMBER_TYPES else "text"
        )
        if value.kind != expected:
            raise self._columns.invalid(path, self._wrong_type(field, quoted=expected == "text"))
        try:
            if expected == "datetime":
                return stamps.datetime_text(value.value)
            if expected == "date":
                return stamps.date_text(value.value)
        except ValueError:
            raise self._columns.invalid(path, f"invalid date: {value.value}", "MALFORMED_QUERY") from None
        return value.value if value.value != "" else None

    @staticmethod
    def _wrong_type(field: Field, *, quoted: bool) -> str:
        kind = {"datetime": "dateTime"}.get(field.type, field.type if not quoted else "string")
        should = "should be" if quoted else "should not be"
        return (
            f"value of filter criterion for field '{field.name}' must be of type {kind} and {should} "
            "enclosed in quotes"
        )


def _fold(field: Field) -> Callable[[Any], Any]:
    if field.type in ID_TYPES or field.type in {"date", "datetime", "boolean"} or field.case_sensitive:
        return lambda value: value
    if field.type in NUMBER_TYPES:
        return lambda value: value
    return lambda value: value.lower() if isinstance(value, str) else value


def _junction(word: str, inner: list[Predicate]) -> Predicate:
    if len(inner) == 2:
        first, second = inner
        if word == "AND":
            return lambda record: first(record) and second(record)
        return lambda record: first(record) or second(record)
    if word == "AND":
        return lambda record: all(test(record) for test in inner)
    return lambda record: any(test(record) for test in inner)


def _like_pattern(text: str) -> re.Pattern[str]:
    pieces = []
    for match in re.finditer(r"\\(.)|(%)|(_)|(.)", text, re.DOTALL):
        escaped, many, one, plain = match.groups()
        pieces.append(".*" if many else "." if one else re.escape(escaped or plain))
    return re.compile("".join(pieces), re.IGNORECASE | re.DOTALL)
