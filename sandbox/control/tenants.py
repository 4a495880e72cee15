"""Control of the tenants of every vendor but Salesforce: up, down, and what happens inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.control.answers import answer, body, wanted

if TYPE_CHECKING:
    from sandbox.core import Sandbox
    from sandbox.vendor_rooms import VendorRoom


def tenant_routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the tenants."""

    def found(request: Request) -> VendorRoom:
        key = (request.path_params["vendor"], request.path_params["tenant"])
        if key not in sandbox.tenants:
            known = ", ".join("/".join(one) for one in sandbox.tenants)
            raise HTTPException(404, f"no tenant {'/'.join(key)}; there are {known or 'none'}")
        return sandbox.tenants[key]

    async def tenant(request: Request) -> Response:
        room = found(request)
        if request.method == "POST":
            (up,) = wanted(await body(request), "up")
            await (room.up() if up else room.down())
        return answer({"vendor": room.vendor, "tenant": room.name, "up": room.is_up})

    async def action(request: Request) -> Response:
        room, name = found(request), request.path_params["action"]
        try:
            return answer(await run_in_threadpool(room.tenant.act, name, await body(request)))
        except (LookupError, TypeError) as error:
            raise HTTPException(400, f"{name}: {error}") from error

    return [
        Route("/tenants/{vendor}/{tenant}", tenant, methods=["GET", "POST"]),
        Route("/tenants/{vendor}/{tenant}/actions/{action}", action, methods=["POST"]),
    ]
