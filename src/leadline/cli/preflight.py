"""`leadline preflight`: connections, permissions, mapped fields, asked by a DAG run (O6)."""

from __future__ import annotations

import argparse
from typing import Any

from leadline.cli.printing import say, say_json


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    from leadline.cli.starting import add_wait

    parser = subparsers.add_parser(
        "preflight",
        help="check a supplier's connections and mapped fields",
        description="Starts the supplier's preflight as a DAG run, waits for it, and prints what it found.",
    )
    add_wait(parser)


def run(arguments: argparse.Namespace) -> int:
    """Start, wait, print; return 0 if the run is green and nothing stops work."""
    from leadline.cli.hub_access import current_hub
    from leadline.cli.starting import exit_code, start
    from leadline.trace.rows import rows_of

    hub = current_hub()
    started = start(arguments.supplier, "preflight", {}, arguments.wait)
    with hub.reading() as connection:
        findings = rows_of(hub, connection, "report_findings", supplier=arguments.supplier)
    if arguments.json:
        body = {"supplier": arguments.supplier, "dag": started.dag_id, "run": started.run_id}
        body |= {"state": started.state, "url": started.url}
        say_json({**body, "findings": findings})
    else:
        say(f"{started.dag_id} {started.run_id}: {started.state}")
        say(started.url)
        for row in findings:
            say(f"{row['severity']}: {row['subject']}: {row['message']} ({row['code']} {row['detail']})")
        if not findings:
            print("no findings")
    if any(row["severity"] == "error" for row in findings):
        return 1
    return exit_code(started, arguments.wait)
