"""`$filter`: read into a test of rows.

Source: Microsoft Learn, "Filter rows using OData"; OData Version 4.0 Part 2, section 5.1.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from .errors import bad_query, no_property
from .schema import Column, Table
from .store import Row, Store

Test = Callable[[Row], bool]
Read = Callable[[Row], Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"|(?P<date>\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?)"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_][\w.]*(?:/[A-Za-z_]\w*)*)"
    r"|(?P<mark>[(),:=\[\]]))"
)
_COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda value, part: part in value,
    "startswith": lambda value, part: value.startswith(part),
    "endswith": lambda value, part: value.endswith(part),
}
_NAMESPACE = "Microsoft.Dynamics.CRM."


def compile_filter(store: Store, table: Table, text: str) -> Test:
    """Return the test that a filter is.

    Raises:
        Refused: It cannot be read, or names an unknown property.
    """
    reader = _Reader(store, table, _tokens(text))
    test = reader.either()
    reader.end()
    return test


def reader_of(store: Store, table: Table, path: str) -> tuple[Read, Column]:
    """Return how a path's value is read from a row, and the column at its end."""
    *steps, last = path.split("/")
    hops: list[str] = []
    for step in steps:
        if step not in table.navigation:
            raise no_property(table.name, step)
        column, targets = table.navigation[step]
        hops.append(column.name)
        table = store.schema.tables[targets[0]]
    found = table.by_property.get(last) or (table.columns.get(last) if last in table.columns else None)
    if found is None or (found.kind == "L" and last == found.name):
        raise no_property(table.name, last)
    end = found

    def read(row: Row) -> Any:
        for hop in hops:
            lookup = row.get(hop)
            next_row = store.get(lookup[0], lookup[1]) if lookup else None
            if next_row is None:
                return None
            row = next_row
        return row.get(end.name)

    return read, end


def comparable(value: Any) -> Any:
    """Return a value as it is compared: text without case, a lookup by its id."""
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, list):
        return str(value[1])
    return value


def _tokens(text: str) -> list[tuple[str, str]]:
    found = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise bad_query(f"Syntax error at position {position} in '{text[:40]}'.")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return found


class _Reader:
    """A recursive descent over the tokens of one filter."""

    def __init__(self, store: Store, table: Table, tokens: list[tuple[str, str]]) -> None:
        self._store = store
        self._table = table
        self._tokens = tokens
        self._at = 0
        self._equals: dict[Test, tuple[str, Read, Any]] = {}

    def end(self) -> None:
        """Raise unless everything was read."""
        if self._at < len(self._tokens):
            raise bad_query(f"Syntax error: unexpected '{self._tokens[self._at][1]}'.")

    def either(self) -> Test:
        """Read tests joined by `or`."""
        tests = [self._all()]
        while self._word("or"):
            tests.append(self._all())
        if len(tests) == 1:
            return tests[0]
        same = [self._equals.get(test) for test in tests]
        if len({one[0] for one in same if one}) == 1 and None not in same:
            # Long lists of ids: one look into a set instead of hundreds of comparisons a row.
            wanted = {one[2] for one in same if one}
            read = next(one[1] for one in same if one)
            return lambda row: comparable(read(row)) in wanted
        return lambda row: any(test(row) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._word("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._word("not"):
            test = self._one()
            return lambda row: not test(row)
        if self._mark("("):
            inner = self.either()
            self._need(")")
            return inner
        kind, word = self._next()
        if kind != "word":
            raise bad_query(f"Syntax error: unexpected '{word}'.")
        if self._mark("("):
            return self._function(word.removeprefix(_NAMESPACE))
        return self._comparison(word)

    def _comparison(self, path: str) -> Test:
        read, column = reader_of(self._store, self._table, path)
        _, operator = self._next()
        if operator not in _COMPARISONS:
            raise bad_query(f"Syntax error: '{operator}' is no comparison.")
        wanted = self._literal(column)
        if operator == "eq":

            def equals(row: Row) -> bool:
                return bool(comparable(read(row)) == wanted)

            self._equals[equals] = (path, read, wanted)
            return equals
        if operator == "ne":
            return lambda row: comparable(read(row)) != wanted

        def ordered(row: Row) -> bool:
            value = comparable(read(row))
            if value is None or wanted is None:
                return False
            if operator in ("gt", "ge"):
                return bool(value > wanted or (operator == "ge" and value == wanted))
            return bool(value < wanted or (operator == "le" and value == wanted))

        return ordered

    def _literal(self, column: Column) -> Any:
        kind, text = self._next()
        if kind == "text":
            if column.kind in "IPNFBsr":
                raise bad_query(f"A binary operator with incompatible types was detected on '{column.name}'.")
            return text[1:-1].replace("''", "'").lower()
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "guid":
            return text.lower()
        if kind == "date":
            if column.kind == "D":
                return text[:10]
            return _moment(text).strftime("%Y-%m-%dt%H:%M:%Sz")
        if kind == "word" and text in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text]
        raise bad_query(f"Syntax error: '{text}' is no literal.")

    def _function(self, name: str) -> Test:
        if name in _TEXT_TESTS:
            read, column = reader_of(self._store, self._table, self._next()[1])
            self._need(",")
            part = str(self._literal(column))
            self._need(")")
            test = _TEXT_TESTS[name]
            return lambda row: (value := comparable(read(row))) is not None and test(str(value), part)
        named = self._named()
        read, _ = reader_of(self._store, self._table, str(named["PropertyName"]))
        if name in ("In", "NotIn"):
            wanted = {str(one).lower() for one in named["PropertyValues"]}
            inside = name == "In"
            return lambda row: (str(comparable(read(row))).lower() in wanted) is inside
        if name in ("ContainValues", "DoesNotContainValues"):
            wanted = {str(one) for one in named["PropertyValues"]}
            inside = name == "ContainValues"
            return lambda row: bool(set(str(read(row) or "").split(",")) & wanted) is inside
        if name in ("LastXDays", "LastXHours"):
            unit = "days" if name == "LastXDays" else "hours"
            since = self._store.now() - timedelta(**{unit: int(named["PropertyValue"])})
            start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            return lambda row: (read(row) or "") >= start
        raise bad_query(f"An unknown function with name '{name}' was found.")

    def _named(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self._mark(")"):
            name = self._next()[1]
            self._need("=")
            if self._mark("["):
                values = []
                while not self._mark("]"):
                    values.append(_plain(*self._next()))
                    self._mark(",")
                found[name] = values
            else:
                found[name] = _plain(*self._next())
            self._mark(",")
        return found

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise bad_query("Syntax error: the filter ends too early.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _word(self, word: str) -> bool:
        return self._take(("word", word))

    def _mark(self, mark: str) -> bool:
        return self._take(("mark", mark))

    def _take(self, token: tuple[str, str]) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == token:
            self._at += 1
            return True
        return False

    def _need(self, mark: str) -> None:
        if not self._mark(mark):
            raise bad_query(f"Syntax error: '{mark}' expected.")


def _plain(kind: str, text: str) -> str:
    return text[1:-1].replace("''", "'") if kind == "text" else text


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise bad_query(f"'{text}' is no date.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
