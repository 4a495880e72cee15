"""Values in SOQL: quoted so that none can end its literal, and in lists that fit a URL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote


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


def in_lists(values: Sequence[str], longest: int = 8_000) -> Iterator[str]:
    """Yield `('a','b',…)` lists of SOQL literals that fit a URL, `longest` bytes each once encoded."""
    chosen: list[str] = []
    size = 0
    for value in values:
        literal = quote_value(value)
        cost = len(quote(literal, safe="")) + 3
        if chosen and size + cost > longest:
            yield f"({','.join(chosen)})"
            chosen, size = [], 0
        chosen.append(literal)
        size += cost
    if chosen:
        yield f"({','.join(chosen)})"
