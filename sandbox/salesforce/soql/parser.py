"""Reads a SOQL statement into its syntax, or refuses it with MALFORMED_QUERY."""

from __future__ import annotations

from dataclasses import replace

from sandbox.salesforce.errors import Refused

from .syntax import (
    Aggregate,
    Among,
    Compare,
    Condition,
    FieldSet,
    Includes,
    Junction,
    Negation,
    Order,
    Path,
    Query,
    Value,
)
from .tokens import Token, malformed, tokens, unquote

_FUNCTIONS = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
_PLAIN_FUNCTIONS = frozenset({"TOLABEL"})  # read as the field itself
_ACCESS = ("SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE")  # the one user here sees what the schema shows
_CLAUSES = frozenset(
    {"WHERE", "GROUP", "ORDER", "LIMIT", "OFFSET", "FOR", "WITH", "USING", "HAVING", "ALL", "UPDATE", "FROM"}
)
_OPERATORS = frozenset({"=", "!=", "<>", "<", "<=", ">", ">="})


def parse(statement: str) -> Query:
    """Return the syntax of one SELECT statement.

    Raises:
        Refused: MALFORMED_QUERY, with row and column of the word that does not fit.
    """
    reader = _Parser(statement)
    query = reader.query()
    reader.expect_end()
    return query


def parse_condition(text: str) -> Condition:
    """Return the syntax of what may follow WHERE.

    Raises:
        Refused: MALFORMED_QUERY.
    """
    reader = _Parser(text)
    condition = reader.condition()
    reader.expect_end()
    return condition


class _Parser:
    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._tokens = tokens(statement)
        self._place = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._next
        self._place += 1
        return token

    def _is(self, *words: str) -> bool:
        ahead = self._tokens[self._place : self._place + len(words)]
        return [token.upper for token in ahead if token.kind != "text"] == list(words)

    def _accept(self, *words: str) -> bool:
        if self._is(*words):
            self._place += len(words)
            return True
        return False

    def _expect(self, *words: str) -> None:
        if not self._accept(*words):
            raise self._unexpected()

    def _unexpected(self) -> Refused:
        token = self._next
        return malformed(self._statement, token.at, f"unexpected token: '{token.text}'")

    def _name(self) -> Token:
        if self._next.kind != "name":
            raise self._unexpected()
        return self._take()

    def _path(self) -> Path:
        token = self._name()
        return Path(tuple(token.text.split(".")), token.at)

    def expect_end(self) -> None:
        if self._next.kind != "end":
            raise self._unexpected()

    def query(self) -> Query:
        self._expect("SELECT")
        select = [self._selected()]
        while self._accept(","):
            select.append(self._selected())
        self._expect("FROM")
        entity = self._name()
        alias = None
        if self._next.kind == "name" and self._next.upper not in _CLAUSES:
            alias = self._take().text
        if self._accept("USING", "SCOPE"):
            self._expect("EVERYTHING")  # no other is imitated
        where = self.condition() if self._accept("WHERE") else None
        if self._accept("WITH") and not any(map(self._accept, _ACCESS)):
            raise self._unexpected()  # data categories and their like
        group_by = self._paths() if self._accept("GROUP", "BY") else ()
        order_by = self._orders() if self._accept("ORDER", "BY") else ()
        limit = self._count() if self._accept("LIMIT") else None
        offset = self._count() if self._accept("OFFSET") else 0
        if self._accept("FOR") and not (self._accept("VIEW") or self._accept("REFERENCE")):
            raise self._unexpected()
        return Query(tuple(select), entity.text, entity.at, alias, where, group_by, order_by, limit, offset)

    def _selected(self) -> Path | Aggregate | FieldSet | Query:
        if self._accept("("):
            query = self.query()
            self._expect(")")
            return query
        if self._next.kind == "name" and self._tokens[self._place + 1].text == "(":
            return self._function()
        path = self._path()
        return replace(path, alias=self._alias())

    def _function(self) -> Path | Aggregate | FieldSet:
        name = self._take()
        self._expect("(")
        if name.upper == "FIELDS":
            which = self._name().upper
            self._expect(")")
            return FieldSet(which, name.at)
        if name.upper in _PLAIN_FUNCTIONS:
            path = self._path()
            self._expect(")")
            return replace(path, alias=self._alias())
        if name.upper not in _FUNCTIONS:
            raise malformed(self._statement, name.at, f"unexpected token: '{name.text}'")
        inner = None if name.upper == "COUNT" and self._is(")") else self._path()
        self._expect(")")
        return Aggregate(name.upper, inner, self._alias())

    def _alias(self) -> str | None:
        if self._next.kind == "name" and self._next.upper not in _CLAUSES | {"ASC", "DESC", "NULLS"}:
            return self._take().text
        return None

    def _paths(self) -> tuple[Path, ...]:
        found = [self._path()]
        while self._accept(","):
            found.append(self._path())
        return tuple(found)

    def _count(self) -> int:
        token = self._take()
        if token.kind != "number" or not token.text.isdigit():
            raise malformed(self._statement, token.at, f"unexpected token: '{token.text}'")
        return int(token.text)

    def _orders(self) -> tuple[Order, ...]:
        found = [self._order()]
        while self._accept(","):
            found.append(self._order())
        return tuple(found)

    def _order(self) -> Order:
        what: Path | Aggregate
        if self._next.kind == "name" and self._tokens[self._place + 1].text == "(":
            called = self._function()
            if isinstance(called, FieldSet):
                raise self._unexpected()
            what = called
        else:
            what = self._path()
        descending = self._accept("DESC")
        if not descending:
            self._accept("ASC")
        nulls_first = True
        if self._accept("NULLS"):
            nulls_first = self._accept("FIRST")
            if not nulls_first:
                self._expect("LAST")
        return Order(what, descending, nulls_first)

    # SOQL refuses `a AND b OR c`: words may be mixed only with parentheses. What follows the first kind of
    # word is left to the caller, who finds it unexpected.
    def condition(self) -> Condition:
        first = self._single()
        word = next((word for word in ("AND", "OR") if self._is(word)), None)
        if word is None:
            return first
        found = [first]
        while self._accept(word):
            found.append(self._single())
        return Junction(word, tuple(found))

    def _single(self) -> Condition:
        if self._accept("NOT"):
            return Negation(self._single())
        if self._accept("("):
            inner = self.condition()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        path = self._path()
        operator = self._take()
        if operator.text in _OPERATORS:
            word = "!=" if operator.text == "<>" else operator.text
            return Compare(path, word, self._value())
        if operator.upper == "LIKE":
            return Compare(path, "LIKE", self._value(like=True))
        if operator.upper in {"IN", "NOT"}:
            if operator.upper == "NOT":
                self._expect("IN")
            return Among(path, operator.upper == "NOT", self._among())
        if operator.upper in {"INCLUDES", "EXCLUDES"}:
            self._expect("(")
            return Includes(path, operator.upper == "EXCLUDES", self._list())
        raise malformed(self._statement, operator.at, f"unexpected token: '{operator.text}'")

    def _among(self) -> tuple[Value, ...] | Query:
        self._expect("(")
        if self._is("SELECT"):
            query = self.query()
            self._expect(")")
            return query
        return self._list()

    def _list(self) -> tuple[Value, ...]:
        found = [self._value()]
        while self._accept(","):
            found.append(self._value())
        self._expect(")")
        return tuple(found)

    def _value(self, *, like: bool = False) -> Value:
        token = self._take()
        if token.kind == "text":
            return Value("text", unquote(token, self._statement, like=like))
        if token.kind == "number":
            number = float(token.text)
            return Value("number", int(number) if number.is_integer() else number)
        if token.kind == "date":
            return Value("date", token.text)
        if token.kind == "datetime":
            return Value("datetime", token.text)
        if token.kind == "name":
            if token.upper in {"TRUE", "FALSE"}:
                return Value("boolean", token.upper == "TRUE")
            if token.upper == "NULL":
                return Value("null", None)
            number_of = self._count() if self._accept(":") else None
            return Value("span", (token.upper, number_of))
        raise malformed(self._statement, token.at, f"unexpected token: '{token.text}'")
