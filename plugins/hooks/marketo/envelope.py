"""The envelope of every answer and the batches of every write, apart from the transport."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from hooks.parts import by_size
from hooks.waiting import wished_seconds
from leadline.errors import NotAllowed, VendorUnavailable

BATCH_ROWS = 300  # of one call, read or written
BATCH_BYTES = 900_000  # of one body; 1 MB is refused with 413

Json = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One answer as it came, and what it holds; `rows` is empty where `result` is missing."""

    raw: bytes
    body: Json

    @property
    def rows(self) -> list[Json]:
        """Return `result`; an answer without it holds nothing."""
        return list(self.body.get("result") or ())


def parse(answer: httpx.Response, what: str) -> Json:
    """Return an answer's envelope; what is none means that something else than the API spoke.

    Raises:
        VendorUnavailable, NotAllowed: By HTTP status.
    """
    status, wish = answer.status_code, wished_seconds(answer.headers.get("Retry-After"))
    if status in (301, 302, 303, 307, 308):
        raise NotAllowed(f"{what}: HTTP {status}: the answer points elsewhere; correct the connection's host")
    if status in (413, 414):
        raise NotAllowed(f"{what}: HTTP {status}: the request is too long")
    if status == 401:
        return {"success": False, "errors": [{"code": "601", "message": "HTTP 401"}]}
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        raise VendorUnavailable(f"{what}: HTTP {status}: the answer is not JSON", wish) from None
    if not isinstance(body, dict) or not isinstance(body.get("success"), bool):
        raise VendorUnavailable(f"{what}: HTTP {status}: the answer is not Marketo's", wish)
    rows = body.get("result")
    if rows is not None and not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
        raise VendorUnavailable(f"{what}: HTTP {status}: `result` is no list of records")
    if status >= 500 and body.get("success"):
        raise VendorUnavailable(f"{what}: HTTP {status}", wish)
    return body


def shown(path: str) -> str:
    """Return a path without its query, which may hold values."""
    return urlsplit(path).path


def batches(rows: Sequence[Json], most: int = BATCH_ROWS) -> Iterator[list[Json]]:
    """Yield rows in batches that one call takes, by number and by size of their JSON."""
    return by_size(rows, _weight, BATCH_BYTES, most)


def _weight(row: Json) -> int:
    return len(json.dumps(row, ensure_ascii=False).encode()) + 1
