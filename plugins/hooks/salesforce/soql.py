"""Values in SOQL: quoted so that none can end its literal, and in lists that fit a URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from hooks.parts import by_size


def quote_value(value: str) -> str:
    """Return a SOQL string literal. Source: SOQL and SOSL Reference, "Quoted String Escape Sequences"."""
    for plain, escaped in (
        ("\\", "\\\\"),
        ("'", "\\'"),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\t", "\\t"),
        ("\b", "\\b"),
        ("\f", "\\f"),
    ):
        value = value.replace(plain, escaped)
    return f"'{value}'"


def in_list(values: Iterable[str]) -> str:
    """Return `('a','b',…)`, a list of SOQL literals."""
    return f"({','.join(map(quote_value, values))})"


def in_lists(values: Sequence[str], longest: int = 8_000) -> Iterator[str]:
    """Yield lists of SOQL literals that fit a URL, `longest` bytes each once encoded."""
    return map(in_list, in_parts(values, longest))


def in_parts(values: Sequence[str], longest: int) -> Iterator[list[str]]:
    """Yield the values in parts whose lists take `longest` bytes at most, once encoded."""
    return by_size(values, _cost, longest)


def _cost(value: str) -> int:
    return len(quote(quote_value(value), safe="")) + 3
