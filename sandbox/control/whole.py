"""Control of the sandbox as a whole: addresses, reset, seed, faults, journal, clock."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.control.answers import answer, body, wanted
from sandbox.digest import digests

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def whole_routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes under `/_sandbox` that concern every room."""

    async def state(_: Request) -> Response:
        return answer(
            {
                "addresses": sandbox.addresses,
                "clock": sandbox.clock.as_json(),
                "seeded": sandbox.seeded(),
                "journal": sandbox.journal.last,
                "mails": len(sandbox.mailbox.list()),
                "up": {
                    "sftp": sandbox.sftp.is_up,
                    "mail": sandbox.mail.is_up,
                    **{f"salesforce:{name}": org.is_up for name, org in sandbox.orgs.items()},
                    **{f"{vendor}:{name}": room.is_up for (vendor, name), room in sandbox.tenants.items()},
                },
            }
        )

    async def addresses(_: Request) -> Response:
        return answer(sandbox.addresses)

    async def reset(_: Request) -> Response:
        await sandbox.reset()
        return answer({"reset": True})

    async def seed(request: Request) -> Response:
        name = (await body(request)).get("name", "demo")
        return answer({"name": name, "seeded": sandbox.seed(name)})

    async def week(request: Request) -> Response:
        # Imported here: only a week needs the generator.
        from sandbox.seed.week import days_done, run_week

        if request.method == "GET":
            return answer({"days": days_done(sandbox)})
        days = int((await body(request)).get("days", 7))
        return answer(await run_in_threadpool(run_week, sandbox, days))

    async def digest(_: Request) -> Response:
        return answer(await run_in_threadpool(digests, sandbox))

    async def manifest(_: Request) -> Response:
        file = sandbox.settings.state / "manifest.json"
        if not file.exists():
            raise HTTPException(404, "nothing was seeded yet")
        return answer(json.loads(file.read_text()))

    async def faults(request: Request) -> Response:
        if request.method == "POST":
            return answer(dataclasses.asdict(sandbox.faults.add(await body(request))), 201)
        if request.method == "DELETE":
            number = request.query_params.get("id")
            sandbox.faults.clear(int(number) if number else None)
        return answer([dataclasses.asdict(order) for order in sandbox.faults.orders()])

    async def journal(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.journal.clear()
        asked = request.query_params
        entries = sandbox.journal.read(
            asked.get("room"), int(asked.get("since", "0")), asked.get("operation"), asked.get("org")
        )
        return answer({"last": sandbox.journal.last, "entries": entries})

    async def clock(request: Request) -> Response:
        if request.method == "POST":
            values = await body(request)
            if "set" in values:
                moment = datetime.fromisoformat(values["set"])
                sandbox.clock.set(moment, hold=bool(values.get("hold", False)))
            elif "advance" in values:
                sandbox.clock.advance(float(values["advance"]))
            elif values.get("reset"):
                sandbox.clock.reset()
            else:
                wanted(values, "set, advance or reset")
        return answer(sandbox.clock.as_json())

    return [
        Route("/", state),
        Route("/addresses", addresses),
        Route("/reset", reset, methods=["POST"]),
        Route("/seed", seed, methods=["POST"]),
        Route("/digest", digest),
        Route("/week", week, methods=["GET", "POST"]),
        Route("/manifest", manifest),
        Route("/faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/journal", journal, methods=["GET", "DELETE"]),
        Route("/clock", clock, methods=["GET", "POST"]),
    ]
