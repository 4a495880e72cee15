"""A tenant as an ASGI application: reads a request, asks for faults, answers, and notes it in the journal."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from sandbox.eloqua.calls import NO_BODY, Answer, Call, Refused
from sandbox.eloqua.faults import WIRE, answer_of
from sandbox.eloqua.routes import Found, find
from sandbox.eloqua.sign_in import user_of
from sandbox.eloqua.tenant import State
from sandbox.hooks import Fault, SandboxHooks
from sandbox.salesforce.connection import hang_up

ROOM = "eloqua"


def create_app(state: State, hooks: SandboxHooks) -> Starlette:
    """Return the application of one tenant, whose state is open."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        state.store.close()

    closing: Callable[[Starlette], AbstractAsyncContextManager[None]] = lifespan
    return Starlette(routes=[Mount("/", app=_Endpoint(state, hooks))], lifespan=closing)


class _Endpoint:
    def __init__(self, state: State, hooks: SandboxHooks) -> None:
        self._state = state
        self._hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        call = await _read(Request(scope, receive))
        found = find(call)
        operation = found.operation if found else "unknown"
        detail = {
            "org": self._state.config.name,
            "method": call.method,
            "path": "/" + "/".join(call.path),
            "object": found.object if found else "",
        }
        before = self._hooks.fault(ROOM, operation, detail, "before")
        if before is not None and before.kind in WIRE and before.kind != "delay":
            answer = await _trouble(before, None)
        else:
            if before is not None and before.kind == "delay":
                await asyncio.sleep(float(before.arguments.get("seconds", 1)))
            answer = await run_in_threadpool(self._answer, replace(call, fault=before), found)
        fault = before
        if before is None or before.kind not in WIRE or before.kind == "delay":
            after = self._hooks.fault(ROOM, operation, detail, "after")
            if after is not None:
                self._note(call, operation, detail, answer, after)
                if after.kind == "truncate" and answer is not None:
                    await _cut(answer, int(after.arguments.get("bytes", 20)), receive, send)
                    return
                await _send(await _trouble(after, answer), scope, receive, send)
                return
        self._note(call, operation, detail, answer, fault)
        await _send(answer, scope, receive, send)

    def _answer(self, call: Call, found: Found | None) -> Answer:
        if found is None:
            return Answer(404)
        try:
            with self._state.store.transaction():
                if found.signed:
                    call = replace(call, user=user_of(self._state, call))
                return found.handler(self._state, call)
        except Refused as refused:
            return _refusal(refused)

    def _note(
        self,
        call: Call,
        operation: str,
        detail: dict[str, Any],
        answer: Answer | None,
        fault: Fault | None,
    ) -> None:
        entry = {
            "room": ROOM,
            **detail,
            "operation": operation,
            "status": answer.status if answer is not None else None,
            "rows": answer.rows if answer is not None else 0,
            "writes": call.method != "GET" and operation != "token",
        }
        if fault is not None:
            entry["fault"] = fault.kind
        self._hooks.journal(entry)


async def _read(request: Request) -> Call:
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    segments = raw.split(b"?", 1)[0].decode("latin-1").split("/")
    body = await request.body()
    headers = {name.lower(): value for name, value in request.headers.items()}
    if headers.get("content-encoding", "").lower() == "gzip":
        body = gzip.decompress(body)
    return Call(
        method=request.method,
        path=tuple(unquote(segment) for segment in segments if segment),
        query=dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers=headers,
        body=body,
        base_url=f"{request.url.scheme}://{headers.get('host', request.url.netloc)}",
    )


async def _trouble(fault: Fault, answer: Answer | None) -> Answer | None:
    """Return the answer that a fault on the wire leaves; None closes the connection."""
    if fault.kind in {"status", "html"}:
        return answer_of(fault.kind, fault.arguments)
    if fault.kind == "timeout":
        await asyncio.sleep(float(fault.arguments.get("seconds", 30)))
        return None
    if fault.kind == "delay":
        await asyncio.sleep(float(fault.arguments.get("seconds", 1)))
        return answer
    return None


async def _send(answer: Answer | None, scope: Scope, receive: Receive, send: Send) -> None:
    if answer is None:
        hang_up(receive)
        return
    await _response(answer)(scope, receive, send)


async def _cut(answer: Answer, size: int, receive: Receive, send: Send) -> None:
    response = _response(answer)
    await send(
        {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    )
    await send({"type": "http.response.body", "body": bytes(response.body)[:size], "more_body": True})
    await asyncio.sleep(0.05)  # lets the beginning leave before the connection goes
    hang_up(receive)


def _refusal(refused: Refused) -> Answer:
    body = refused.body
    if isinstance(body, str):  # some refusals are plain text
        return Answer(refused.status, body.encode(), refused.headers, "text/plain;charset=utf-8")
    return Answer(refused.status, body, refused.headers)


def _response(answer: Answer) -> Response:
    headers = dict(answer.headers)
    if answer.body is NO_BODY:
        return Response(status_code=answer.status, headers=headers)
    body = answer.body
    if not isinstance(body, bytes):
        body = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(body, answer.status, headers, answer.media)
