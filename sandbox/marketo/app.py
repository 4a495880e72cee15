"""One subscription as an ASGI endpoint: reads a request, asks for faults, answers, notes it."""

from __future__ import annotations

import asyncio
import json
import posixpath
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.hooks import Fault, SandboxHooks
from sandbox.salesforce.connection import hang_up

from .calls import Answer, Call, read_pairs
from .errors import Refused
from .faults import TOKENS, wire_refusal
from .routes import Found, find

if TYPE_CHECKING:
    from .tenant import Subscription

ROOM = "marketo"
LONGEST_URL = 8_192
LARGEST_BODY = 1_000_000


class Endpoint:
    """The API of one tenant."""

    def __init__(self, tenant: Subscription, hooks: SandboxHooks) -> None:
        self._tenant = tenant
        self._hooks = hooks
        self._requests = 0
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self._open += 1
        try:
            await self._serve(scope, receive, send)
        finally:
            self._open -= 1

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = await self._read(Request(scope, receive))
        found: Found | None = None
        try:
            long = len(scope.get("raw_path", b"")) + len(scope["query_string"]) > LONGEST_URL
            if long and call.method == "GET" and scope["method"] == "GET":
                raise Refused("414", status=414, body=b"URI Too Long", media="text/plain")
            if len(call.body) > LARGEST_BODY:
                raise Refused("413", status=413, body=b"Request Entity Too Large", media="text/plain")
            found = find(call.method, call.path)
        except Refused as refused:
            unknown = refused
        operation = found.route.operation if found else "unknown"
        detail = self._detail(call, found)
        before = self._fault(operation, detail, "before")
        answer: Answer | None
        if before is not None and before.kind in {"error", "status", "html", "hang_up", "timeout"}:
            answer = await self._trouble(before, None)
        else:
            if before is not None and before.kind == "delay":
                await asyncio.sleep(float(before.arguments.get("seconds", 1)))
            if found is None:
                answer = self._refusal(unknown)
            else:
                answer = await run_in_threadpool(self._answer, replace(call, fault=before), found)
            after = self._fault(operation, detail, "after")
            if after is not None:
                self._note(operation, detail, answer, after.kind)
                if after.kind == "truncate" and answer is not None:
                    await self._cut(answer, int(after.arguments.get("bytes", 20)), receive, send)
                    return
                answer = await self._trouble(after, answer)
                await self._send(answer, scope, receive, send)
                return
        self._note(operation, detail, answer, before.kind if before else None)
        await self._send(answer, scope, receive, send)

    def _fault(self, operation: str, detail: dict[str, Any], moment: Any) -> Fault | None:
        fault = self._hooks.fault(ROOM, operation, detail, moment)
        if fault is not None and fault.kind in TOKENS:
            with self._tenant.store.transaction():
                tokens = self._tenant.tokens
                tokens.expire() if fault.kind == "expire_tokens" else tokens.revoke()
            return None
        return fault

    async def _read(self, request: Request) -> Call:
        raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
        path = posixpath.normpath(unquote(raw.split(b"?", 1)[0].decode("latin-1")))
        body = await request.body()
        headers = {name.lower(): value for name, value in request.headers.items()}
        pairs = read_pairs(request.scope["query_string"], body, headers.get("content-type", ""))
        method = next((value.upper() for name, value in pairs if name == "_method"), request.method)
        return Call(
            tenant=self._tenant,
            method=method if request.method == "POST" else request.method,
            path="/" + path.lstrip("/"),
            pairs=[(name, value) for name, value in pairs if name != "_method"],
            headers=headers,
            body=body,
        )

    def _answer(self, call: Call, found: Found) -> Answer:
        tenant = self._tenant
        try:
            with tenant.store.transaction():
                if found.route.operation != "token":
                    tenant.tokens.check(call.headers.get("authorization"))
                    for pattern in tenant.store.setting("denied", []):
                        if fnmatchcase(found.route.operation, pattern):
                            raise Refused("603")
                    if self._open > tenant.store.setting("concurrency", 10):
                        raise Refused("615")
                    tenant.limits.take()
                answer = found.route.handler(call, *found.arguments)
        except Refused as refused:
            with tenant.store.transaction():
                tenant.limits.note_error(refused.code)
            return self._refusal(refused)
        return answer if answer.plain else self._enveloped(answer)

    def _enveloped(self, answer: Answer) -> Answer:
        return replace(answer, body={"requestId": self._request_id(), "success": True, **answer.body})

    def _refusal(self, refused: Refused) -> Answer:
        body = refused.body
        if body is None:
            body = {"requestId": self._request_id(), "success": False, "errors": [refused.error()]}
        return Answer(body, refused.status, media=refused.media, plain=True)

    def _request_id(self) -> str:
        self._requests += 1
        return f"{self._requests:x}#{int(self._tenant.store.now().timestamp() * 1000):x}"

    async def _trouble(self, fault: Fault, answer: Answer | None) -> Answer | None:
        """Return the answer that a fault on the wire leaves; None closes the connection."""
        if fault.kind in {"error", "status", "html"}:
            return self._refusal(wire_refusal(fault.kind, fault.arguments))
        if fault.kind in {"timeout", "delay"}:
            await asyncio.sleep(float(fault.arguments.get("seconds", 30 if fault.kind == "timeout" else 1)))
        return None if fault.kind in {"timeout", "hang_up", "truncate"} else answer

    async def _send(self, answer: Answer | None, scope: Scope, receive: Receive, send: Send) -> None:
        if answer is None:
            hang_up(receive)
            return
        await _response(answer)(scope, receive, send)

    async def _cut(self, answer: Answer, size: int, receive: Receive, send: Send) -> None:
        response = _response(answer)
        start = {"type": "http.response.start", "status": response.status_code}
        await send({**start, "headers": response.raw_headers})
        await send({"type": "http.response.body", "body": bytes(response.body)[:size], "more_body": True})
        await asyncio.sleep(0.05)  # lets the beginning leave before the connection goes
        hang_up(receive)

    def _detail(self, call: Call, found: Found | None) -> dict[str, Any]:
        detail: dict[str, Any] = {"org": self._tenant.config.name, "method": call.method, "path": call.path}
        if found is None:
            return detail
        if found.route.object:
            detail["object"] = found.route.object
        elif found.arguments:
            detail["object"] = found.arguments[0]
        return detail

    def _note(self, operation: str, detail: dict[str, Any], answer: Answer | None, fault: str | None) -> None:
        body = answer.body if answer is not None and isinstance(answer.body, dict) else {}
        errors = body.get("errors") or [{}]
        entry: dict[str, Any] = {
            "room": ROOM,
            **detail,
            "operation": operation,
            "status": answer.status if answer is not None else None,
            "rows": answer.rows if answer is not None else 0,
            "writes": detail["method"] != "GET" and operation != "token",
        }
        if isinstance(errors[0], dict) and errors[0].get("code"):
            entry["code"] = errors[0]["code"]
        if fault is not None:
            entry["fault"] = fault
        self._hooks.journal(entry)


def _response(answer: Answer) -> Response:
    body = answer.body
    if not isinstance(body, bytes):
        body = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(body, answer.status, dict(answer.headers), answer.media)
