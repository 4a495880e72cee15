"""Vendors' words as people may read them: without what is about persons."""

from __future__ import annotations

import re
from collections.abc import Iterable

from leadline.ports import storable

LONGEST_TEXT = 500
SHORTEST_VALUE = 3  # characters; what is shorter stands in any text

_WORD = re.compile(r"[^\s'\"<>(),;:]++")


def without_addresses(message: str) -> str:
    """Return a vendor's message without e-mail addresses, 500 characters at most."""
    return _WORD.sub(_without_address, storable(message)).strip()[:LONGEST_TEXT]


def without_values(message: str, values: Iterable[str | None]) -> str:
    """Return a vendor's message about a row without what the row itself holds."""
    told = {value.strip() for value in values if value and len(value.strip()) >= SHORTEST_VALUE}
    for value in sorted(told, key=len, reverse=True):
        message = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", message, flags=re.IGNORECASE)
    return message


def _without_address(word: re.Match[str]) -> str:
    return "…" if "@" in word[0][1:-1] else word[0]
