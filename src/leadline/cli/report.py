"""`leadline report`: the books of runs."""

from __future__ import annotations

import argparse
import json
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "report",
        help="print the books of runs",
        description="Prints per run what was received and what became of it. Exit 1 if books do not balance.",
    )
    parser.add_argument("--supplier", metavar="S", help="only this supplier key, such as acme or acme~test")
    parser.add_argument("--run", metavar="R", help="only this run")
    parser.add_argument("--by", metavar="FIELD", help="apart by a mapped field, campaign or partner")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print; return 1 if the books of a run do not balance."""
    from leadline.cli.hub_access import current_hub
    from leadline.reports import as_table, report

    runs = report(current_hub(), arguments.supplier, arguments.run, arguments.by)
    if arguments.json:
        print(json.dumps({"runs": runs}, indent=2, ensure_ascii=False))
    else:
        for line in as_table(runs):
            print(line)
    return 1 if any(one["balanced"] is False for one in runs) else 0
