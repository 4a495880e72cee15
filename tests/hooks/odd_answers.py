"""Answers of an imitated vendor, changed on their way to a client of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

Change = Callable[[Any], Any]


class OddAnswers(httpx.BaseTransport):
    """Hands calls on to the room; JSON answers of one path are changed before they are handed back.

    Args:
        inner: What really sends.
        path: End of the paths that are meant.
        change: Makes another body of a body as it came; bytes are sent as they are.
        times: How many answers are changed, the first ones; None: all.
        status, headers: Of a changed answer, if not its own.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        path: str,
        change: Change,
        times: int | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.inner = inner
        self._path = path
        self._change = change
        self._left = times
        self._status = status
        self._headers = dict(headers or {})
        self.calls = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        body = answer.read()
        answer.close()
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name not in ("content-length", "content-encoding", "transfer-encoding")
        }
        status = answer.status_code
        if request.url.path.endswith(self._path) and self._left != 0 and answer.status_code // 100 == 2:
            self.calls += 1
            assert self.calls < 2_000, "this does not end"
            self._left = None if self._left is None else self._left - 1
            is_json = "json" in answer.headers.get("content-type", "")
            made = self._change(json.loads(body) if is_json else body)
            body = made if isinstance(made, bytes) else json.dumps(made).encode()
            headers |= self._headers
            status = self._status or status
        return httpx.Response(status, headers=headers, content=body)

    def close(self) -> None:
        self.inner.close()


def answering_oddly(supplier: Any, path: str, change: Change, **how: Any) -> OddAnswers:
    """Change what a supplier's client is answered, from now on."""
    http = supplier._client._http
    odd = OddAnswers(http._transport, path, change, **how)
    http._transport = odd
    return odd
