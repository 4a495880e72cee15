"""Values of fields: what a type takes, and how it is stored and shown."""

from __future__ import annotations

from datetime import date
from typing import Any

from .errors import Refused
from .stamps import read
from .store import stamp

_TEXTS = frozenset({"string", "text", "email", "phone", "url"})
_NUMBERS = {"integer": int, "score": int, "float": float, "currency": float}


def stored(name: str, kind: str, length: int | None, value: Any) -> Any:
    """Return a value as it is kept; null and "" both clear.

    Raises:
        Refused: 1001, it does not fit the type; 1003, it is too long or no ASCII e-mail.
    """
    if value is None or value == "":
        return None
    try:
        if kind in _TEXTS:
            return _text(name, kind, length, value)
        if kind in _NUMBERS:
            if isinstance(value, bool):
                raise ValueError
            return _NUMBERS[kind](value)
        if kind == "boolean":
            if isinstance(value, bool):
                return value
            return {"true": True, "1": True, "false": False, "0": False}[str(value).casefold()]
        if kind == "date":
            return date.fromisoformat(str(value)[:10]).isoformat()
        return stamp(read(str(value)))
    except (ValueError, KeyError, TypeError):
        raise _mistyped(name, kind, value) from None
    except Refused as refused:
        raise (_mistyped(name, kind, value) if refused.code == "704" else refused) from None


def _text(name: str, kind: str, length: int | None, value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise ValueError(name)
    text = str(value).casefold() if isinstance(value, bool) else str(value)
    if length is not None and len(text) > length:
        raise Refused("1003", f"Value of field '{name}' exceeds {length} characters")
    if kind == "email" and (not text.isascii() or "@" not in text):
        raise Refused("1003", f"Value of field '{name}' is not a valid email address")
    return text


def _mistyped(name: str, kind: str, value: Any) -> Refused:
    return Refused("1001", f"Invalid value '{value}'. Required of type '{kind}' for field '{name}'")
