"""One Saleslink as an ASGI application: a call, its faults, its answer, and a line in the journal."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from sandbox.hooks import Fault, SandboxHooks
from sandbox.salesforce.connection import hang_up
from sandbox.saleslink.faults import WIRE, ordered
from sandbox.saleslink.operations import Operations
from sandbox.saleslink.soap import NAMESPACE, Refused, Request, answer, fault, read, wsdl
from sandbox.saleslink.store import Store

ROOM = "saleslink"
PATH = "/ZiftLeadService.asmx"
CALLS_PER_MINUTE = 60
LARGEST_BYTES = 2 * 1024 * 1024
_HTML = "<html><head><title>Saleslink</title></head><body>Runtime Error</body></html>"
_XML = "text/xml; charset=utf-8"
_BATCHES = ("LeadId", "ExternalId", "Event", "Lead")


class Endpoint:
    """The service of one tenant at `PATH`, its description at `?wsdl`."""

    def __init__(self, name: str, store: Store, credentials: tuple[str, str], hooks: SandboxHooks) -> None:
        self._name = name
        self._store = store
        self._credentials = credentials
        self._hooks = hooks
        self._operations = Operations(store)
        self._calls: deque[tuple[float, float]] = deque()

    def app(self) -> Starlette:
        """Return the application."""
        return Starlette(routes=[Mount("/", app=self)])

    def forget(self) -> None:
        """Forget the calls of the last minute."""
        self._calls.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        http = HttpRequest(scope, receive)
        body = await http.body()
        if http.method == "GET" and "wsdl" in http.url.query.lower():
            await self._described(http)(scope, receive, send)
            return
        call, refused = await run_in_threadpool(self._read, http, body)
        operation = call.operation if call else "unknown"
        detail: dict[str, Any] = {
            "org": self._name, "method": http.method, "path": http.url.path, "object": _object(operation),
        }  # fmt: skip
        rows = sum(len(call.body.findall(f"{{{NAMESPACE}}}{name}")) for name in _BATCHES) if call else 0
        before = self._hooks.fault(ROOM, operation, detail, "before")
        response: Response | None
        kinds = before.kind if before else None
        if before is not None and before.kind in WIRE and before.kind != "delay":
            response = await self._trouble(before, None)
        else:
            if before is not None and before.kind == "delay":
                await asyncio.sleep(float(before.arguments.get("seconds", 1)))
            response = await run_in_threadpool(self._answer, call, refused, before)
            after = self._hooks.fault(ROOM, operation, detail, "after")
            if after is not None:
                kinds = after.kind
                if after.kind == "truncate":
                    self._note(detail, operation, rows, response, kinds)
                    await _cut(response, int(after.arguments.get("bytes", 200)), receive, send)
                    return
                response = await self._trouble(after, response)
        self._note(detail, operation, rows, response, kinds)
        if response is None:
            hang_up(receive)
            return
        await response(scope, receive, send)

    def _described(self, http: HttpRequest) -> Response:
        settings = self._store.settings()
        address = settings.get("advertised") or f"{http.url.scheme}://{http.url.netloc}{http.url.path}"
        entry = {"room": ROOM, "operation": "wsdl", "org": self._name, "method": "GET", "status": 200}
        self._hooks.journal(entry | {"path": http.url.path, "object": None, "rows": 0})
        return Response(wsdl(str(address)), media_type=_XML)

    def _read(self, http: HttpRequest, body: bytes) -> tuple[Request | None, Response | Refused | None]:
        if http.url.path != PATH:
            return None, Response(_HTML, 404, media_type="text/html")
        if http.method != "POST":
            return None, Response(_HTML, 405, media_type="text/html")
        if not http.headers.get("content-type", "").lower().startswith("text/xml"):
            return None, Response(_HTML, 415, media_type="text/html")
        if len(body) > LARGEST_BYTES:
            return None, Refused("VALIDATION", f"a request holds at most {LARGEST_BYTES} bytes")
        try:
            call = read(body)
        except Refused as refused:
            return None, refused
        wanted = f"{NAMESPACE}/{call.operation}"
        if http.headers.get("soapaction", "").strip('"') != wanted:
            return call, Refused("VALIDATION", f"SOAPAction must be {wanted}")
        return call, None

    def _answer(
        self, call: Request | None, refused: Response | Refused | None, trouble: Fault | None
    ) -> Response:
        if isinstance(refused, Response):
            return refused
        try:
            if refused is not None or call is None:
                raise refused or Refused("VALIDATION", "no call")
            with self._store.transaction():
                self._admit(call)
                handler = self._operations.known.get(call.operation)
                if handler is None:
                    raise Refused("VALIDATION", f"there is no operation {call.operation}")
                values = handler(call.body, trouble)
        except Refused as no:
            return _refusal(no)
        return Response(answer(call.operation, values), media_type=_XML)

    def _admit(self, call: Request) -> None:
        settings = self._store.settings()
        username, password = self._credentials
        if (call.username, call.password) != (username, settings.get("password", password)):
            raise Refused("AUTH", "user name or password is wrong")
        most = int(settings.get("calls_per_minute", CALLS_PER_MINUTE))
        # A call counts until a minute has passed on either clock: the sandbox's may be moved, or held.
        moment = (self._hooks.now().timestamp(), time.monotonic())
        while self._calls and any(now - then >= 60 for now, then in zip(moment, self._calls[0], strict=True)):
            self._calls.popleft()
        if most and len(self._calls) >= most:
            waits = [60 - (now - then) for now, then in zip(moment, self._calls[0], strict=True)]
            wait = max(1, round(min(waits)))
            raise Refused("THROTTLED", f"more than {most} calls a minute", retry_after=wait)
        self._calls.append(moment)

    async def _trouble(self, trouble: Fault, response: Response | None) -> Response | None:
        """Return what a fault on the wire leaves of the answer; None closes the connection."""
        arguments = trouble.arguments
        if trouble.kind == "fault":
            return _refusal(ordered(arguments))
        if trouble.kind == "status":
            headers = {"Location": str(arguments["location"])} if "location" in arguments else None
            return Response(_HTML, int(arguments.get("status", 500)), headers, "text/html")
        if trouble.kind == "empty":
            return Response(b"", media_type=_XML)
        if trouble.kind == "page":
            return Response(_HTML, media_type="text/html")
        if trouble.kind == "timeout":
            await asyncio.sleep(float(arguments.get("seconds", 30)))
            return None
        if trouble.kind == "delay":
            await asyncio.sleep(float(arguments.get("seconds", 1)))
            return response
        return None if trouble.kind in {"hang_up", "truncate"} else response

    def _note(
        self, detail: dict[str, Any], operation: str, rows: int, response: Response | None, kind: str | None
    ) -> None:
        entry = {
            "room": ROOM,
            **detail,
            "operation": operation,
            "status": response.status_code if response is not None else None,
            "rows": rows,
            "writes": operation in {"CreateLead", "UpdateLead", "AddMarketingEvents"},
        }
        self._hooks.journal(entry | ({"fault": kind} if kind else {}))


def _object(operation: str) -> str | None:
    for name in ("Opportunities", "User", "Event", "Lead"):
        if name in operation:
            return {"Opportunities": "Opportunity"}.get(name, name)
    return None


def _refusal(refused: Refused) -> Response:
    return Response(fault(refused), 500, media_type=_XML)


async def _cut(response: Response, size: int, receive: Receive, send: Send) -> None:
    headers = response.raw_headers
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(response.body)[:size], "more_body": True})
    await asyncio.sleep(0.05)  # lets the beginning leave before the connection goes
    hang_up(receive)
