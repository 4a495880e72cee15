"""Control of the SFTP room: listings, files dropped, grown and removed, down and up."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.control.answers import answer, body, wanted
from sandbox.sftp import drops
from sandbox.sftp.accounts import Account

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def sftp_routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the SFTP accounts."""
    growing: set[asyncio.Task[None]] = set()

    def account(request: Request) -> Account:
        name = request.path_params["account"]
        if name not in sandbox.accounts:
            raise HTTPException(404, f"no account {name}; there are {', '.join(sandbox.accounts)}")
        return sandbox.accounts[name]

    async def server(request: Request) -> Response:
        if request.method == "POST":
            (up,) = wanted(await body(request), "up")
            await (sandbox.sftp.up() if up else sandbox.sftp.down())
        return answer({"up": sandbox.sftp.is_up, "accounts": sorted(sandbox.accounts)})

    async def files(request: Request) -> Response:
        if request.method == "POST":
            values = await body(request)
            (path,) = wanted(values, "path")
            drops.put(
                account(request),
                path,
                _content(values),
                values.get("mtime"),
                append=bool(values.get("append", False)),
            )
        return answer(drops.listing(account(request)))

    async def file(request: Request) -> Response:
        local = drops.locate(account(request), request.path_params["path"])
        if not local.is_file():
            raise HTTPException(404, "no such file")
        content = local.read_bytes()
        if request.method == "DELETE":
            local.unlink()
        return Response(content, media_type="application/octet-stream")

    async def grow(request: Request) -> Response:
        values = await body(request)
        (path,) = wanted(values, "path")
        task = asyncio.create_task(
            _grow(
                account(request),
                path,
                _content(values),
                int(values.get("times", 10)),
                float(values.get("seconds", 0.5)),
            )
        )
        growing.add(task)
        task.add_done_callback(growing.discard)
        return answer({"growing": path}, 202)

    return [
        Route("/sftp", server, methods=["GET", "POST"]),
        Route("/sftp/{account}", files, methods=["GET", "POST"]),
        Route("/sftp/{account}/grow", grow, methods=["POST"]),
        Route("/sftp/{account}/file/{path:path}", file, methods=["GET", "DELETE"]),
    ]


def _content(values: dict[str, Any]) -> bytes:
    if "base64" in values:
        return base64.b64decode(values["base64"])
    return str(values.get("text", "")).encode(values.get("encoding", "utf-8"))


async def _grow(account: Account, path: str, chunk: bytes, times: int, seconds: float) -> None:
    for _ in range(times):
        drops.put(account, path, chunk, append=True)
        await asyncio.sleep(seconds)
