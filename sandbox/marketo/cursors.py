"""Paging tokens: opaque to clients, and with `=` in them, so that they must be encoded."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from .calls import LARGEST_BATCH, Call
from .errors import Refused
from .store import Record


def encode(state: Any) -> str:
    """Return a token."""
    return base64.b32encode(json.dumps(state).encode()).decode().rstrip("=") + "==="


def decode(token: str) -> Any:
    """Return what a token of ours says.

    Raises:
        Refused: 1003, it is none.
    """
    bare = token.rstrip("=")
    try:
        return json.loads(base64.b32decode(bare + "=" * (-len(bare) % 8)))
    except ValueError:
        raise Refused("1003", "Invalid nextPageToken") from None


def page_of(call: Call, rows: Sequence[Record]) -> tuple[Sequence[Record], str | None]:
    """Return the page of `rows` that a call asks for, and the token of the next one."""
    size = call.number("batchSize", LARGEST_BATCH, LARGEST_BATCH)
    if short := call.tenant.store.setting("page_rows"):
        size = min(size, int(short))
    token = call.value("nextPageToken")
    start = int(decode(token)["start"]) if token else 0
    more = encode({"start": start + size}) if start + size < len(rows) else None
    return rows[start : start + size], more
