"""Cuts a SOQL statement into words, and words the complaint about a bad one."""

from __future__ import annotations

import re
from typing import NamedTuple

from sandbox.salesforce.errors import Refused

MAX_STATEMENT = 100_000
MAX_TEXT = 4_000

_PATTERN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<text>'(?:[^'\\]|\\.)*')
  | (?P<datetime>\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d))
  | (?P<date>\d{4}-\d\d-\d\d)(?![\dTt])
  | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])
  | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
  | (?P<mark>!=|<>|<=|>=|[=<>(),:])
    """,
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)


class Token(NamedTuple):
    """One word; `upper` is what keywords are compared with."""

    kind: str
    text: str
    at: int

    @property
    def upper(self) -> str:
        """Return the word in capitals."""
        return self.text.upper()


def tokens(statement: str) -> list[Token]:
    """Return the words of a statement, ending with one of kind `end`.

    Raises:
        Refused: MALFORMED_QUERY at the first character that begins no word.
    """
    if len(statement) > MAX_STATEMENT:
        raise Refused("QUERY_TOO_COMPLICATED", "SOQL statements cannot be longer than 100000 characters.")
    found = []
    at = 0
    while at < len(statement):
        match = _PATTERN.match(statement, at)
        if match is None:
            raise malformed(statement, at, _character(statement, at))
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, match.group(), at))
        at = match.end()
    found.append(Token("end", "<EOF>", len(statement)))
    return found


def unquote(token: Token, statement: str, *, like: bool = False) -> str:
    """Return the value of a quoted text; for LIKE the escapes of `%` and `_` are kept.

    Raises:
        Refused: MALFORMED_QUERY on an escape SOQL does not know, or on more than 4,000 characters.
    """

    def value(match: re.Match[str]) -> str:
        letter = match.group(1)
        if letter in _ESCAPES:
            return "\\\\" if like and letter == "\\" else _ESCAPES[letter]
        if letter in "%_":
            return f"\\{letter}" if like else letter
        if len(letter) == 5:
            return chr(int(letter[1:], 16))
        raise malformed(
            statement, token.at, "Illegal string literal: Invalid string literal '" + token.text[1:-1] + "'. "
            f"Illegal character sequence '\\{letter}' in string literal."
        )  # fmt: skip

    inner = token.text[1:-1]
    if len(inner) > MAX_TEXT:
        raise malformed(statement, token.at, "string literal is too long (max length=4000)")
    return _ESCAPE.sub(value, inner) if "\\" in inner else inner


def _character(statement: str, at: int) -> str:
    if statement[at] == "'":
        return "unexpected token: '<EOF>'"
    return f"unexpected token: '{statement[at]}'"


def located(statement: str, at: int, message: str) -> str:
    """Return a complaint with the piece of the statement it is about, as the org prints it."""
    row = statement.count("\n", 0, at) + 1
    column = at - (statement.rfind("\n", 0, at) + 1) + 1
    start = max(0, at - 30)
    piece = statement[start : at + 30].replace("\n", " ")
    return f"\n{piece}\n{' ' * (at - start)}^\nERROR at Row:{row}:Column:{column}\n{message}"


def malformed(statement: str, at: int, message: str) -> Refused:
    """Return the refusal of a statement that cannot be read."""
    return Refused("MALFORMED_QUERY", located(statement, at, message))
