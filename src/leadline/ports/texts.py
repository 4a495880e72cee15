"""Texts of other systems as every database keeps them: JSON can spell what PostgreSQL and SQLite refuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

Value = TypeVar("Value")


def storable(text: str) -> str:
    """Return a text with "?" for each NUL and each half of a character (a lone surrogate)."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode()


SAYS_YES = frozenset({"true", "1", "yes", "ja", "oui"})
"""Texts, without case, for which a box of a CRM is ticked; any other leaves it empty."""


def text_of(value: Any) -> str | None:
    """Return a value of the hub as a field of another system takes it; None: no value."""
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def cut_text(text: str, units: int) -> str:
    """Return a text no longer than so many UTF-16 units, as vendors count; no character is cut in half."""
    if len(text) <= units and (text.isascii() or len(text) <= units // 2):
        return text
    return text.encode("utf-16-le", "surrogatepass")[: units * 2].decode("utf-16-le", "ignore")


def with_storable_texts(value: Value) -> Value:
    """Return a value of `ports` with all its texts `storable`; nearly always the very one that was given.

    For what comes besides leads: a lead's record with such a text is quarantined, but one activity, or one
    word of a partner's, must not stop all the others of its account.
    """
    changed: Any = _storable(value)
    return value if changed is None else changed


def _storable(value: Any) -> Any:
    """Return what a value becomes; None: it stays as it is."""
    if isinstance(value, str):
        kept = storable(value) if "\0" in value or not value.isascii() else value
        return None if kept == value else kept
    if isinstance(value, Mapping):
        found = {key: new for key, one in value.items() if (new := _storable(one)) is not None}
        return {**value, **found} if found else None
    if is_dataclass(value) and not isinstance(value, type):
        parts = {one.name: getattr(value, one.name) for one in fields(value)}
        found = {name: new for name, one in parts.items() if (new := _storable(one)) is not None}
        return replace(value, **found) if found else None
    return None
