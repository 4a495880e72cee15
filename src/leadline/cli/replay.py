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
    """Start the run; return 0 if it ends green, or if there is nothing to take and nothing has expired."""
    from leadline.cli.hub_access import hub_of
    from leadline.cli.starting import exit_code, start
    from leadline.replay import Selection, count_expired, count_replayable

    hub, selection = hub_of(arguments.supplier), Selection(arguments.run, arguments.batch)
    count = count_replayable(hub, arguments.supplier, selection)
    expired = count_expired(hub, arguments.supplier, selection)
    if expired:
        message = f"the raw data of {expired} quarantined rows have expired: they cannot be replayed"
        say(f"leadline: {message}", error=True)
    if not count:
        return _nothing(arguments, expired)
    conf = {"run": arguments.run} if arguments.run else {"batch": arguments.batch}
    started = start(arguments.supplier, "replay", conf, arguments.wait)
    if arguments.json:
        body = {"supplier": arguments.supplier, "dag": started.dag_id, "run": started.run_id}
        say_json({**body, "state": started.state, "url": started.url})
    else:
        say(f"{started.dag_id} {started.run_id}: {started.state}")
        say(started.url)
    return exit_code(started, arguments.wait)


def _nothing(arguments: argparse.Namespace, expired: int) -> int:
    if arguments.json:
        body = {"supplier": arguments.supplier, "dag": None, "run": None, "state": "nothing", "url": None}
        say_json(body)
    else:
        what = arguments.run or arguments.batch
        say(f"nothing to replay: no{' other' if expired else ''} row of {what} is quarantined any more")
    return 1 if expired else 0
