"""`leadline hold RUN`: keeps what a run left from being finished by the next one."""

from __future__ import annotations

import argparse
from typing import Any

from leadline.cli.naming import named, who
from leadline.cli.printing import json_text, say


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "hold",
        help="keep the leads of a run that was stopped on purpose from being routed",
        description="Holds a pull that is not judged yet: no later run finishes it, its leads wait for a "
        "release.",
    )
    parser.add_argument("run", metavar="RUN", type=named)
    parser.add_argument(
        "--supplier", metavar="S", type=named, required=True, help="supplier key, such as acme"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Hold and return 0, also if the pull is judged already."""
    from leadline.cli.hub_access import hub_of
    from leadline.pulls import hold_pull

    held = hold_pull(hub_of(arguments.supplier), arguments.supplier, arguments.run, who())
    if arguments.json:
        print(json_text({"supplier": arguments.supplier, "run": arguments.run, "held": held}))
    elif held:
        say(f"held: the leads of {arguments.run} wait for 'leadline release {arguments.run}'")
    else:
        say(f"nothing to hold: the pull of {arguments.run} of {arguments.supplier} is judged already")
    return 0
