"""Control of the Salesforce orgs: dumps of their records, and what happens inside an org."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.control.answers import answer, body, wanted

if TYPE_CHECKING:
    from sandbox.core import Sandbox
    from sandbox.org_room import OrgRoom


def org_routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the orgs."""

    def room(request: Request) -> OrgRoom:
        name = request.path_params["org"]
        if name not in sandbox.orgs:
            raise HTTPException(404, f"no org {name}; there are {', '.join(sandbox.orgs)}")
        return sandbox.orgs[name]

    async def org(request: Request) -> Response:
        found = room(request)
        if request.method == "POST":
            (up,) = wanted(await body(request), "up")
            await (found.up() if up else found.down())
        return answer({"org": found.config.name, "up": found.is_up})

    return [
        Route("/salesforce/{org}", org, methods=["GET", "POST"]),
    ]
