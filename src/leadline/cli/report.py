"""`leadline report`: the books of runs."""

from __future__ import annotations

import argparse
from typing import Any

from leadline.cli.naming import moment, named
from leadline.cli.printing import say, say_json


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "report",
        help="print the books of runs",
        description="Prints per run what was received and what became of it. Exit 1 if books do not balance,"
        " or leads wait whose supplier has no mapping any more.",
    )
    parser.add_argument(
        "--supplier", metavar="S", type=named, help="only this supplier key, such as acme or acme~test"
    )
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--run", metavar="R", type=named, help="only this run")
    chosen.add_argument(
        "--since", metavar="DATE", type=moment, help="only runs that started since then (UTC)"
    )
    parser.add_argument(
        "--by", metavar="FIELD", type=named, help="apart by a mapped field, campaign or partner"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print; return 1 if the books of a run do not balance, or work waits that nobody will do."""
    from leadline.cli.hub_access import current_hub
    from leadline.left_behind import left_behind
    from leadline.mapping.loading import mapping_files
    from leadline.reports import as_table, report
    from leadline.settings import settings

    hub = current_hub()
    runs = report(hub, arguments.supplier, arguments.run, arguments.by, arguments.since)
    mapped = {path.stem for path in mapping_files(settings().mappings_dir)}
    # Where no mappings lie at all, this machine cannot tell.
    left = left_behind(hub, mapped, arguments.supplier) if mapped else []
    if arguments.json:
        without = [one.as_json() for one in left]
        say_json({"runs": runs, "without_mapping": without})
    else:
        for line in as_table(runs):
            say(line)
        for one in left:
            say(f"leadline: {one}", error=True)
    return 1 if left or any(one["balanced"] is False for one in runs) else 0
