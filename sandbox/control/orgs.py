"""Control of the Salesforce orgs: dumps of their records, and what happens inside an org."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.control.answers import answer, body, wanted
from sandbox.salesforce.control import ACTIONS, act
from sandbox.salesforce.errors import Refused

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

    async def records(request: Request) -> Response:
        asked = {
            "object": request.path_params["object"],
            "deleted": request.query_params.get("deleted") == "1",
        }
        return await _act(room(request), "rows", asked)

    async def action(request: Request) -> Response:
        return await _act(room(request), request.path_params["action"], await body(request))

    return [
        Route("/salesforce/{org}", org, methods=["GET", "POST"]),
        Route("/salesforce/{org}/records/{object}", records),
        Route("/salesforce/{org}/actions/{action}", action, methods=["POST"]),
    ]


async def _act(room: OrgRoom, action: str, arguments: dict[str, Any]) -> Response:
    if action not in ACTIONS:
        raise HTTPException(404, f"no action {action}; there are {', '.join(sorted(ACTIONS))}")
    try:
        # In a worker thread: a request of the org's own may hold its lock for a while.
        return answer(await run_in_threadpool(act, room.org, action, arguments))
    except Refused as refused:
        raise HTTPException(400, f"{refused.code}: {refused.message}") from refused
    except (TypeError, KeyError) as error:
        raise HTTPException(400, f"{action}: {error}") from error
