"""One org as an ASGI application: reads a request, asks for faults, answers, and notes it in the journal."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from sandbox.hooks import Fault, SandboxHooks

from .calls import Answer, Call
from .config import OrgConfig
from .connection import hang_up
from .errors import Refused
from .faults import WIRE, asked_to_wait, fewer, status_error, web_page
from .org import Org
from .routes import Found, find
from .store import OrgStore

ROOM = "salesforce"
READING = frozenset({"token", "userinfo", "collections.retrieve", "report.run"})  # though they may be posted
LONGEST_URL = 16_384  # longer ones are refused before they reach the API (its wording is unverified)


def create_org_app(config: OrgConfig, state_dir: Path, hooks: SandboxHooks) -> Starlette:
    """Return the application of one org; `app.state.org` is its `Org`, open and ready to be seeded.

    Args:
        config: The org.
        state_dir: Folder of the org's state file; what is in it is read back.
        hooks: Clock, journal and faults.
    """
    org = Org(config, state_dir, hooks.now)
    org.open()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        org.close()

    app = Starlette(routes=[Mount("/", app=_Endpoint(org, hooks))], lifespan=lifespan)
    app.state.org = org
    return app


def store(app: Starlette) -> OrgStore:
    """Return the records of an application made by `create_org_app`."""
    found: OrgStore = app.state.org.store
    return found


class _Endpoint:
    def __init__(self, org: Org, hooks: SandboxHooks) -> None:
        self._org = org
        self._hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        call = await self._read(Request(scope, receive))
        try:
            if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > LONGEST_URL:
                raise Refused("URI_TOO_LONG", "URI Too Long", status=414)
            found: Found | None = find(call.method, call.path)
        except Refused as refused:
            found, unknown = None, refused
        operation = found.operation if found else "unknown"
        detail = self._detail(call, found)
        before = self._hooks.fault(ROOM, operation, detail, "before")
        answer: Answer | None
        if before is not None and before.kind in WIRE and before.kind != "delay":
            answer = await self._trouble(before, None)
        else:
            if before is not None and before.kind == "delay":
                await asyncio.sleep(float(before.arguments.get("seconds", 1)))
            if found is None:
                answer = _refusal(unknown)
            else:
                answer = await run_in_threadpool(self._answer, replace(call, fault=before), found)
            after = self._hooks.fault(ROOM, operation, detail, "after")
            if after is not None and after.kind == "truncate" and answer is not None:
                await self._cut(answer, int(after.arguments.get("bytes", 20)), receive, send)
                self._note(call, operation, detail, answer, "truncate")
                return
            if after is not None:
                self._note(call, operation, detail, answer, after.kind)
                answer = await self._trouble(after, answer)
                await self._send(answer, scope, receive, send)
                return
        self._note(call, operation, detail, answer, before.kind if before else None)
        await self._send(answer, scope, receive, send)

    async def _read(self, request: Request) -> Call:
        raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
        segments = raw.split(b"?", 1)[0].decode("latin-1").split("/")
        body = await request.body()
        headers = {name.lower(): value for name, value in request.headers.items()}
        if headers.get("content-encoding", "").lower() == "gzip":
            body = gzip.decompress(body)
        return Call(
            org=self._org,
            method=request.method,
            path=tuple(unquote(segment) for segment in segments if segment),
            query=dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            headers=headers,
            body=body,
            base_url=f"{request.url.scheme}://{headers.get('host', request.url.netloc)}",
        )

    def _answer(self, call: Call, found: Found) -> Answer:
        org = self._org
        try:
            with org.store.transaction():
                _check_format(call)
                if found.needs_session:
                    call = replace(call, user_id=org.sessions.user(call.headers.get("authorization")))
                if found.counts:
                    org.usage.take()
                answer = found.handler(call, *found.arguments)
        except Refused as refused:
            answer = _refusal(refused)
        return replace(answer, headers={**answer.headers, "Sforce-Limit-Info": org.usage.header()})

    async def _trouble(self, fault: Fault, answer: Answer | None) -> Answer | None:
        """Return the answer that a fault on the wire leaves; None closes the connection."""
        if fault.kind == "status":
            refused = _refusal(status_error(fault.arguments))
            return replace(refused, headers={**refused.headers, **asked_to_wait(fault.arguments)})
        if fault.kind == "page":
            return web_page(fault.arguments)
        if fault.kind == "fewer":
            return answer and fewer(answer, fault.arguments)
        if fault.kind == "timeout":
            await asyncio.sleep(float(fault.arguments.get("seconds", 30)))
            return None
        if fault.kind == "delay":
            await asyncio.sleep(float(fault.arguments.get("seconds", 1)))
            return answer
        return None if fault.kind in {"hang_up", "truncate"} else answer

    async def _send(self, answer: Answer | None, scope: Scope, receive: Receive, send: Send) -> None:
        if answer is None:
            hang_up(receive)
            return
        await _response(answer)(scope, receive, send)

    async def _cut(self, answer: Answer, size: int, receive: Receive, send: Send) -> None:
        response = _response(answer)
        await send(
            {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
        )
        await send({"type": "http.response.body", "body": bytes(response.body)[:size], "more_body": True})
        await asyncio.sleep(0.05)  # lets the beginning leave before the connection goes
        hang_up(receive)

    def _detail(self, call: Call, found: Found | None) -> dict[str, Any]:
        detail: dict[str, Any] = {
            "org": self._org.name, "method": call.method, "path": "/" + "/".join(call.path),
        }  # fmt: skip
        if found is None or not call.path[3:]:
            return detail
        kind = call.path[3].lower()
        if kind in {"sobjects", "composite"} and found.arguments:
            detail["object"] = found.arguments[0]
        elif found.operation.startswith("collections.") or found.operation.startswith("ingest."):
            detail["object"] = self._object_of(call, found)
        return detail

    def _object_of(self, call: Call, found: Found) -> str | None:
        if found.arguments:
            job = self._org.jobs.get(found.arguments[0])
            return str(job["object"]) if job else None
        try:
            body = call.json
            kind = body.get("object") or body["records"][0]["attributes"]["type"]
        except (Refused, AttributeError, LookupError, TypeError):
            return None
        return str(kind)

    def _note(
        self, call: Call, operation: str, detail: dict[str, Any], answer: Answer | None, fault: str | None
    ) -> None:
        entry: dict[str, Any] = {
            "room": ROOM,
            **detail,
            "operation": operation,
            "status": answer.status if answer is not None else None,
            "records": answer.records if answer is not None else 0,
            "writes": call.method not in {"GET", "HEAD"} and operation not in READING,
        }
        if fault is not None:
            entry["fault"] = fault
        wish = call.headers.get("sforce-auto-assign")
        if wish is not None:
            entry["auto_assign"] = wish
        self._hooks.journal(entry)


def _check_format(call: Call) -> None:
    """Refuse to answer in XML, which this room does not speak."""
    wanted = call.headers.get("accept", "*/*").lower()
    if "xml" in wanted and not any(one in wanted for one in ("json", "*/*", "csv")):
        raise Refused("NOT_ACCEPTABLE", "Only JSON is answered here", status=406)


def _refusal(refused: Refused) -> Answer:
    return Answer(refused.status, refused.body())


def _response(answer: Answer) -> Response:
    headers = dict(answer.headers)
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    body = (
        answer.body
        if isinstance(answer.body, bytes)
        else json.dumps(answer.body, separators=(",", ":"), ensure_ascii=False).encode()
    )
    return Response(body, answer.status, headers, answer.media)
