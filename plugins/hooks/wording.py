"""Vendors' words as people may read them: without what is about persons."""

from __future__ import annotations

import re

LONGEST_TEXT = 500

_ADDRESS = re.compile(r"[^\s'\"<>(),;:]+@[^\s'\"<>(),;:]+")


def without_addresses(message: str) -> str:
    """Return a vendor's message without e-mail addresses, 500 characters at most."""
    return _ADDRESS.sub("…", message).strip()[:LONGEST_TEXT]
