"""`leadline release RUN`: lets the leads of a pull go on that is held, or was never judged."""

from __future__ import annotations

import argparse
from typing import Any

from leadline.cli.naming import named, who
from leadline.cli.printing import json_text, say


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "release",
        help="route the leads of a pull that is held",
        description="Releases a pull that is held, or was never judged: its good leads are routed by the "
        "next run.",
    )
    parser.add_argument("run", metavar="RUN", type=named)
    parser.add_argument(
        "--supplier", metavar="S", type=named, required=True, help="supplier key, such as acme"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Release and return 0, also if nothing was held."""
    from leadline.cli.hub_access import hub_of
    from leadline.pulls import release_pull

    released = release_pull(hub_of(arguments.supplier), arguments.supplier, arguments.run, who())
    if arguments.json:
        print(json_text({"supplier": arguments.supplier, "run": arguments.run, "released": released}))
    elif released:
        say(f"released: the leads of {arguments.run} are routed by the next run of {arguments.supplier}")
    else:
        say(f"nothing to release: {arguments.run} of {arguments.supplier} has passed")
    return 0
