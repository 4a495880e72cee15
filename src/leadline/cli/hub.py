"""`leadline hub upgrade`: brings the hub's tables to this version."""

from __future__ import annotations

import argparse
from typing import Any

from leadline.cli.printing import json_text, say


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("hub", help="look after the hub", description="Looks after the hub.")
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    upgrade = actions.add_parser(
        "upgrade", help="bring its tables to this version", description="Makes or upgrades the hub's tables."
    )
    upgrade.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Upgrade and return 0."""
    from leadline.cli.hub_access import opened
    from leadline.hub.migration import upgrade

    with opened() as hub:
        revision = upgrade(hub)
    where = hub.engine.url.render_as_string(hide_password=True)
    if arguments.json:
        print(json_text({"hub": where, "revision": revision}))
    else:
        say(f"{where} is at {revision}")
    return 0
