"""`leadline replay`: checks quarantined rows once more, as a DAG run."""

from __future__ import annotations

import argparse
from typing import Any

from leadline.cli.naming import named
from leadline.cli.printing import say, say_json


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    from leadline.cli.starting import add_wait

    parser = subparsers.add_parser(
        "replay",
        help="check quarantined rows again",
        description="Starts a DAG run that checks the quarantined rows of a run, or of one batch, again. "
        "Old books never change: a replay is a new batch that points at the old rows.",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--run", metavar="RUN", type=named, help="all quarantined rows of this run")
    which.add_argument("--batch", metavar="B", type=named, help="those of this batch")
    add_wait(parser)


def run(arguments: argparse.Namespace) -> int:
    """Start the run; return 0 if it ends green, or if there is nothing to take."""
    from leadline.cli.hub_access import hub_of
    from leadline.cli.starting import exit_code, start
    from leadline.replay import Selection, count_replayable

    if not count_replayable(
        hub_of(arguments.supplier), arguments.supplier, Selection(arguments.run, arguments.batch)
    ):
        return _nothing(arguments)
    conf = {"run": arguments.run} if arguments.run else {"batch": arguments.batch}
    started = start(arguments.supplier, "replay", conf, arguments.wait)
    if arguments.json:
        body = {"supplier": arguments.supplier, "dag": started.dag_id, "run": started.run_id}
        say_json({**body, "state": started.state, "url": started.url})
    else:
        say(f"{started.dag_id} {started.run_id}: {started.state}")
        say(started.url)
    return exit_code(started, arguments.wait)


def _nothing(arguments: argparse.Namespace) -> int:
    if arguments.json:
        body = {"supplier": arguments.supplier, "dag": None, "run": None, "state": "nothing", "url": None}
        say_json(body)
    else:
        say(f"nothing to replay: no row of {arguments.run or arguments.batch} is quarantined any more")
    return 0
