"""`leadline trace`: the whole history of a lead, or of a run."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

from leadline.cli.naming import named
from leadline.cli.printing import say, say_json


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "trace",
        help="follow a lead or a run from end to end",
        description="Prints the whole history of leads, or of a run. A lead is known by its e-mail address,"
        " by its id or that of an assignment or a delivery, by the id of its record at the source or in a"
        " CRM, and by file and line (leads.csv:3).",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "wanted", metavar="EMAIL|LEAD", type=named, nargs="?", help="an e-mail address, or an id"
    )
    which.add_argument("--run", metavar="RUN", type=named, help="a run, as Airflow names it")
    parser.add_argument(
        "--supplier", metavar="S", type=named, help="only this supplier key, such as acme or acme~test"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print; return 1 if there is no such lead."""
    from leadline.cli.hub_access import current_hub
    from leadline.trace import trace_leads, trace_runs
    from leadline.trace.text import lead_lines, run_lines

    hub = current_hub()
    if arguments.run is not None:
        _print("runs", trace_runs(hub, arguments.run, arguments.supplier), run_lines, arguments.json)
        return 0
    leads = trace_leads(hub, arguments.wanted, arguments.supplier)
    _print("leads", leads, lead_lines, arguments.json)
    if not leads:
        say(
            "leadline: no lead has this e-mail address or id; leadline trace --run names the rows that were"
            " refused, leadline report the runs",
            error=True,
        )
    return 0 if leads else 1


def _print(
    name: str,
    found: list[dict[str, Any]],
    lines: Callable[[Mapping[str, Any]], Iterable[str]],
    as_json: bool,
) -> None:
    if as_json:
        say_json({name: found})
        return
    for supplier, group in groupby(found, key=lambda item: item["supplier"]):
        say(supplier)
        for item in group:
            for line in lines(item):
                say(f"  {line}")
            print()
