"""The command line `leadline` (O7): one module per command.

A module has `add_parser(subparsers)`, which is cheap, and `run(arguments) -> exit code`, which imports what
it needs. Exit codes: 0 done; 1 done, but something is not well (books, findings of preflight, a red run,
nobody found); 2 the arguments or a file or a setting must change first, or a system must answer.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from leadline.cli.printing import prepare_streams, say
from leadline.errors import ConfigurationError, LeadlineError

COMMANDS = (
    "lint",
    "schema",
    "check",
    "simulate",
    "report",
    "trace",
    "hold",
    "release",
    "replay",
    "retain",
    "partners",
    "preflight",
    "hub",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; what is no fault of ours to mend becomes a message."""
    prepare_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = _parser(words).parse_args(words)
    command: ModuleType = arguments.command_module
    try:
        code = int(command.run(arguments))
        if sys.stdout is not None:  # it is None where the caller closed it
            sys.stdout.flush()
        return code
    except ConfigurationError as error:
        for line in error.findings or (f"leadline: {error}",):
            say(line, error=True)
        return 2
    except LeadlineError as error:
        say(f"leadline: {error}", error=True)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _end_output()  # the reader (`head`) has enough
        return 0
    except OSError as error:  # a full disk, most often under the output
        _end_output()
        where = f"{error.filename}: " if error.filename else ""
        say(f"leadline: {where}{error.strerror or error}", error=True)
        return 2
    except Exception as error:
        trouble = _trouble_of_the_hub(error)
        if trouble is None:
            raise
        say(f"leadline: {trouble}", error=True)
        return 2


def _end_output() -> None:
    """Let Python's last flush, at exit, go nowhere: it would complain once more."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _trouble_of_the_hub(error: Exception) -> str | None:
    """Return what to say of a database that failed in the middle of a command; None: it is something else."""
    if type(error).__module__.partition(".")[0] not in ("sqlalchemy", "sqlite3", "psycopg"):
        return None
    from leadline.hub.trouble import trouble_of

    return trouble_of(error)


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with a value; the whole usage is for words that mean nothing."""

    def error(self, message: str) -> NoReturn:
        if message.startswith("argument -"):
            self.exit(2, f"{self.prog}: {message.removeprefix('argument ')}\n")
        super().error(message)


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="leadline",
        description="Distributes suppliers' leads to their partners.",
        epilog="Exit codes: 0 done; 1 done, but something is not well (books, findings, a red run, nobody"
        " found); 2 the arguments, a file or a setting must change first.",
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    wanted = words[:1] if words and words[0] in COMMANDS else COMMANDS
    for name in wanted:
        module = _command(name)
        if module is None:
            continue
        before = set(subparsers.choices)
        module.add_parser(subparsers)
        for added in set(subparsers.choices) - before:
            subparsers.choices[added].set_defaults(command_module=module)
    return parser


def _command(name: str) -> ModuleType | None:
    """Return a command's module; None where this version does not have it."""
    path = f"leadline.cli.{name}"
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name != path:
            raise
        return None
