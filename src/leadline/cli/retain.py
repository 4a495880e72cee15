"""`leadline retain`: removes raw data that are older than their suppliers' mappings allow (O8)."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from leadline.cli.naming import named
from leadline.cli.printing import say, say_json


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "retain",
        help="remove raw data that have expired",
        description="Removes from the staging area what is older than the mapping's raw_retention_days; "
        "manifests stay. leadline_health does the same. Exit 1 if older runs keep theirs.",
    )
    parser.add_argument(
        "--supplier", metavar="S", type=named, help="only this supplier key, such as acme or acme~test"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Remove and print what was removed; return 1 if old runs keep their raw data."""
    from leadline.cli.hub_access import current_hub, hub_of
    from leadline.mapping.loading import load_all
    from leadline.retention import expire_raw_data
    from leadline.settings import settings
    from leadline.staging import Staging

    hub = hub_of(arguments.supplier) if arguments.supplier else current_hub()
    mappings, _ = load_all(settings().mappings_dir)
    found = expire_raw_data(hub, Staging(), mappings, only=arguments.supplier)
    if arguments.json:
        say_json({"suppliers": [asdict(one) for one in found]})
    else:
        for one in found:
            say(
                f"{one.supplier}: older than {one.days} days: {one.files} files "
                f"({one.size / 1e6:.1f} MB) of {one.runs} runs removed"
            )
            for run_id in one.kept:
                say(f"{one.supplier}: run {run_id} keeps its raw data: it is not received, or not balanced")
    return 1 if any(one.kept for one in found) else 0
