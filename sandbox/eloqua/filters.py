"""Filters of Bulk exports: `'{{field}}' op 'value'` with AND, OR, NOT, brackets, EXISTS.

Source: Oracle, "Filtering" and "Eloqua expression language".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from sandbox.eloqua import stamps
from sandbox.eloqua.calls import Refused, bad_field

LONGEST = 1000
_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(>=|<=|!=|<>|=|>|<|~|\(|\))|([A-Za-z]+))")
_STATEMENT = re.compile(r"\{\{.+\}\}")

Resolve = Callable[[str], Any]
Test = Callable[[Resolve], bool]


class Filter:
    """A filter that was read: `statements` are the fields it names, `exists` what must hold the record."""

    def __init__(self, text: str, utc: bool) -> None:
        self.statements: list[str] = []
        self.values: dict[str, list[tuple[str, str]]] = {}
        self.exists: list[str] = []
        self._text, self._utc = text, utc
        if len(text) > LONGEST:
            raise bad_field("filter", None, f"Must be at most {LONGEST} characters long")
        self._tokens = list(self._read(text))
        self._at = 0
        self.test = self._either()
        if self._at != len(self._tokens):
            raise self._wrong()
        if len(self.exists) > 1:
            raise bad_field("filter", None, "At most one EXISTS operator may be used")

    def _read(self, text: str) -> Iterator[str]:
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if not found:
                raise self._wrong()
            yield found.group(0).strip()
            at = found.end()

    def _wrong(self) -> Refused:
        return bad_field("filter", self._text, "The filter expression cannot be parsed")

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            raise self._wrong()
        self._at += 1
        return token

    def _either(self) -> Test:
        parts = [self._both()]
        while self._peek().upper() == "OR":
            self._take()
            parts.append(self._both())
        return lambda resolve: any(part(resolve) for part in parts)

    def _both(self) -> Test:
        parts = [self._one()]
        while self._peek().upper() == "AND":
            self._take()
            parts.append(self._one())
        return lambda resolve: all(part(resolve) for part in parts)

    def _one(self) -> Test:
        token = self._take()
        if token.upper() == "NOT":
            inner = self._one()
            return lambda resolve: not inner(resolve)
        if token == "(":
            inner = self._either()
            if self._take() != ")":
                raise self._wrong()
            return inner
        if token.upper() == "EXISTS":
            if self._take() != "(":
                raise self._wrong()
            where = self._take()[1:-1]
            if self._take() != ")" or not _STATEMENT.fullmatch(where):
                raise self._wrong()
            self.exists.append(where)
            return lambda resolve: bool(resolve(where))
        statement = token[1:-1]
        if token[0] != "'" or not _STATEMENT.fullmatch(statement):
            raise self._wrong()
        operator, value = self._take(), self._take()
        if operator not in {">", ">=", "<", "<=", "=", "!=", "<>", "~"} or value[0] != "'":
            raise self._wrong()
        text = value[1:-1].replace("''", "'")
        self.statements.append(statement)
        self.values.setdefault(statement, []).append((operator, text))
        return lambda resolve: self._holds(resolve(statement), operator, text)

    def _holds(self, found: Any, operator: str, text: str) -> bool:
        if operator == "~":
            pattern = text.lower().replace("%", "*").replace("_", "?")
            return fnmatchcase(str(found or "").lower(), pattern)
        left, right = self._sides(found, text)
        if operator in {"=", "!=", "<>"}:
            return bool((left == right) == (operator == "="))
        if left is None:
            return False
        return bool(
            {">": left > right, ">=": left >= right, "<": left < right, "<=": left <= right}[operator]
        )

    def _sides(self, found: Any, text: str) -> tuple[Any, Any]:
        if isinstance(found, datetime):
            try:
                return found, stamps.of_filter(text, self._utc)
            except ValueError:
                raise bad_field("filter", text, "Must be a date: yyyy-MM-dd HH:mm:ss") from None
        plain = "" if found is None else str(found)
        if plain.isdigit() and text.isdigit():
            return int(plain), int(text)
        return plain.lower(), text.lower()
