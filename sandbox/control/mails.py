"""Control of the mail room: the mailbox, refusals, down and up."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.control.answers import answer, body, wanted

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def mail_routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the mailbox and the SMTP server."""

    async def mailbox(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.mailbox.clear()
        return answer(sandbox.mailbox.list(request.query_params.get("to")))

    async def mail(request: Request) -> Response:
        number = request.path_params["number"]
        try:
            if request.path_params.get("form") == "raw":
                return Response(sandbox.mailbox.raw(number), media_type="message/rfc822")
            return answer(sandbox.mailbox.read(number))
        except KeyError as error:
            raise HTTPException(404, "no such mail") from error

    async def server(request: Request) -> Response:
        if request.method == "POST":
            (up,) = wanted(await body(request), "up")
            await (sandbox.mail.up() if up else sandbox.mail.down())
        return answer({"up": sandbox.mail.is_up})

    async def refusals(request: Request) -> Response:
        values = await body(request)
        (address,) = wanted(values, "address")
        code = int(values.get("code", 550))
        order = sandbox.faults.add(
            {
                "room": "mail",
                "operation": values.get("operation", "rcpt"),
                "kind": "refuse",
                "times": values.get("times"),
                "match": {"address": address},
                "arguments": {"code": code, "text": values.get("text", "5.1.1 no such user")},
            }
        )
        return answer(dataclasses.asdict(order), 201)

    return [
        Route("/mailbox", mailbox, methods=["GET", "DELETE"]),
        Route("/mailbox/{number:int}", mail),
        Route("/mailbox/{number:int}/{form}", mail),
        Route("/mail", server, methods=["GET", "POST"]),
        Route("/mail/refusals", refusals, methods=["POST"]),
    ]
