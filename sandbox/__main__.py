"""`python -m sandbox`: start every room, print the addresses as one line of JSON, run until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from sandbox.core import Sandbox, Settings
from sandbox.orgs import ORGS
from sandbox.ports import FIRST, PortPlan, PortTaken


def main(arguments: list[str] | None = None) -> int:
    """Run the sandbox; 0 after SIGTERM or SIGINT, 1 if it cannot start."""
    asked = _parser().parse_args(arguments)
    plan = PortPlan(asked.bind, None if asked.ephemeral else asked.ports_from)
    settings = Settings(
        asked.state,
        plan,
        tuple(asked.orgs.split(",")),
        None if asked.vendors is None else tuple(filter(None, asked.vendors.split(","))),
        tuple(asked.host),
    )
    try:
        asyncio.run(_run(settings, asked.seed))
    except PortTaken as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    return 0


async def _run(settings: Settings, seed: str | None) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for stop in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop, over.set)
    sandbox = Sandbox(settings)
    await sandbox.open()
    try:
        if seed:
            sandbox.seed(seed)
        print(json.dumps(sandbox.addresses), flush=True)
        await over.wait()
    finally:
        await sandbox.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--state", type=Path, default=Path(".leadline/sandbox"), help="folder of all state")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--ports-from", type=int, default=FIRST, metavar="N", help="first port of the plan")
    where.add_argument("--ephemeral", action="store_true", help="let the system pick the ports")
    parser.add_argument("--seed", choices=["demo"], help="fill a fresh state with the seed data")
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on (in a container: 0.0.0.0)")
    parser.add_argument(
        "--host", action="append", default=[], help="name that clients call, if not 127.0.0.1; repeatable"
    )
    parser.add_argument("--orgs", default=",".join(ORGS), help="orgs to imitate, separated by commas")
    parser.add_argument("--vendors", help="other vendors to imitate, separated by commas; all if not given")
    return parser


if __name__ == "__main__":
    sys.exit(main())
