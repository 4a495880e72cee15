"""One environment as an ASGI application: reads a request, asks for faults, answers, notes it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from sandbox.hooks import Fault, SandboxHooks
from sandbox.salesforce.connection import hang_up

from . import oauth
from .calls import Answer, Call
from .errors import Refused, no_segment
from .faults import INSIDE, WIRE, wire_error
from .multipart import kinds, read_parts, run_batch
from .queries import read_query
from .routes import Found, find
from .store import Store

ROOM = "dynamics"
LONGEST_URL = 32_768

_API = re.compile(r"/api/data/v9\.[0-2]/(?P<rest>.*)\Z", re.DOTALL)
_AUTHORITY = re.compile(
    r"/(?P<tenant>[\w.\-]+)/(?P<what>v2\.0/\.well-known/openid-configuration|oauth2/v2\.0/token|discovery/instance)\Z"
)


def create_app(name: str, store: Store, hooks: SandboxHooks) -> Starlette:
    """Return the application of one environment."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        store.close()

    return Starlette(routes=[Mount("/", app=_Endpoint(name, store, hooks))], lifespan=lifespan)


@dataclass(frozen=True)
class _Asked:
    """A request, its operation and its table, before anything is done."""

    call: Call
    operation: str
    object: str | None
    found: Found | None
    refused: Refused | None
    tenant: str = ""
    parts: dict[str, int] | None = None


class _Endpoint:
    def __init__(self, name: str, store: Store, hooks: SandboxHooks) -> None:
        self._name = name
        self._store = store
        self._hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        asked = await self._read(Request(scope, receive))
        detail: dict[str, Any] = {
            "org": self._name,
            "method": asked.call.method,
            "path": scope["path"],
            "object": asked.object,
        }
        before = self._hooks.fault(ROOM, asked.operation, detail, "before")
        if before is not None and before.kind in WIRE and before.kind != "delay":
            answer: Answer | None = await self._trouble(before, None)
            made: Fault | None = before
        else:
            if before is not None and before.kind == "delay":
                await asyncio.sleep(float(before.arguments.get("seconds", 1)))
            if before is not None and before.kind in INSIDE:
                trouble = {before.kind: dict(before.arguments)}
                asked = replace(asked, call=replace(asked.call, trouble=trouble))
            answer = await run_in_threadpool(self._answer, asked)
            made = self._hooks.fault(ROOM, asked.operation, detail, "after") or before
            if made is not None and made is not before:
                if made.kind == "truncate":
                    self._note(asked, detail, answer, made)
                    await _cut(answer, int(made.arguments.get("bytes", 20)), receive, send)
                    return
                answer = await self._trouble(made, answer)
        self._note(asked, detail, answer, made)
        if answer is None:
            hang_up(receive)
            return
        await _response(answer)(scope, receive, send)

    async def _read(self, request: Request) -> _Asked:
        raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
        path = raw.split(b"?", 1)[0].decode("latin-1")
        headers = {name.lower(): value for name, value in request.headers.items()}
        base = f"{request.url.scheme}://{headers.get('host', request.url.netloc)}"
        query = request.scope["query_string"].decode("latin-1")
        below = _API.match(path)
        call = Call(
            self._store,
            request.method,
            unquote(below["rest"] if below else path),
            read_query(query),
            headers,
            await request.body(),
            base + (path[: below.start("rest")].rstrip("/") if below else ""),
        )
        if authority := _AUTHORITY.match(path):
            operation = {"v2.0": "openid", "oaut": "token", "disc": "discovery"}[authority["what"][:4]]
            return _Asked(call, operation, None, None, None, authority["tenant"])
        if len(path) + len(query) > LONGEST_URL:
            return _Asked(call, "unknown", None, None, Refused("", "The request URL is too long.", 414))
        if below is None:
            return _Asked(call, "unknown", None, None, no_segment(path))
        if call.path == "$batch":
            return self._batch(call)
        try:
            found = find(self._store.schema, call.method, call.path)
        except Refused as refused:
            return _Asked(call, "unknown", None, None, refused)
        return _Asked(call, found.operation, found.object, found, None)

    def _batch(self, call: Call) -> _Asked:
        try:
            items = read_parts(call.headers.get("content-type", ""), call.body)
        except (Refused, UnicodeDecodeError):
            return _Asked(call, "batch", None, None, None)
        first = next((one for item in items for one in (item if isinstance(item, list) else [item])), None)
        target = (
            re.search(r"(?:\A|/)(\w+)(?:\(|\?|\Z)", first.url.split("?")[0].split("/api/data/")[-1])
            if first
            else None
        )
        table = self._store.schema.by_set.get(target[1]) if target else None
        return _Asked(call, "batch", table.name if table else None, None, None, parts=kinds(items))

    def _answer(self, asked: _Asked) -> Answer:
        try:
            with self._store.transaction():
                return self._handle(asked)
        except Refused as refused:
            return Answer(refused.status, refused.body(), refused.headers)

    def _handle(self, asked: _Asked) -> Answer:
        call = asked.call
        match asked.operation:
            case "openid":
                return oauth.openid(call.api, self._name, asked.tenant)
            case "discovery":
                return oauth.discovery(call.api, asked.tenant)
            case "token":
                return oauth.grant(self._store, self._name, asked.tenant, call.body)
        user = oauth.user_of(self._store, self._name, call.headers)
        call = replace(call, user_id=user)
        if asked.operation == "batch":
            return run_batch(call, lambda part: find(part.schema, part.method, part.path).answer(part))
        if asked.found is None:
            raise asked.refused or no_segment(call.path)
        return asked.found.answer(call)

    async def _trouble(self, fault: Fault, answer: Answer | None) -> Answer | None:
        """Return the answer that a fault on the wire leaves; None closes the connection."""
        if fault.kind in ("status", "throttle"):
            refused = wire_error(fault.kind, fault.arguments)
            return Answer(refused.status, refused.body(), refused.headers)
        if fault.kind == "html":
            body = b"<html><body>Service Unavailable</body></html>"
            return Answer(int(fault.arguments.get("status", 503)), body, {"Content-Type": "text/html"})
        if fault.kind == "aadsts":
            error = str(fault.arguments.get("error", "temporarily_unavailable"))
            text = f"AADSTS{fault.arguments['code']}: A transient error has occurred. Please try again."
            body_json = {"error": error, "error_description": text, "error_codes": [fault.arguments["code"]]}
            return Answer(int(fault.arguments.get("status", 400)), body_json)
        if fault.kind in ("timeout", "delay"):
            await asyncio.sleep(float(fault.arguments.get("seconds", 30 if fault.kind == "timeout" else 1)))
            return answer if fault.kind == "delay" else None
        return None if fault.kind in ("hang_up", "truncate") else answer

    def _note(
        self, asked: _Asked, detail: dict[str, Any], answer: Answer | None, fault: Fault | None
    ) -> None:
        entry: dict[str, Any] = {
            "room": ROOM,
            **detail,
            "operation": asked.operation,
            "status": answer.status if answer is not None else None,
            "rows": answer.rows if answer is not None else 0,
        }
        if asked.parts:
            entry["parts"] = asked.parts
        if fault is not None:
            entry["fault"] = fault.kind
        self._hooks.journal(entry)


async def _cut(answer: Answer, size: int, receive: Receive, send: Send) -> None:
    response = _response(answer)
    start = {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    await send(start)
    await send({"type": "http.response.body", "body": bytes(response.body)[:size], "more_body": True})
    await asyncio.sleep(0.05)  # lets the beginning leave before the connection goes
    hang_up(receive)


def _response(answer: Answer) -> Response:
    headers = {
        "OData-Version": "4.0",
        "x-ms-service-request-id": str(uuid4()),
        "x-ms-ratelimit-burst-remaining-xrm-requests": "5999",
        "x-ms-ratelimit-time-remaining-xrm-requests": "1,199.00",
        **answer.headers,
    }
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    if isinstance(answer.body, bytes):
        return Response(answer.body, answer.status, headers)
    body = json.dumps(answer.body, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(body, answer.status, headers, "application/json; odata.metadata=minimal")
