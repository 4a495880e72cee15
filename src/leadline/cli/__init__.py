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
    "partners",
    "preflight",
    "hub",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors of ours become a message, others a traceback."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = _parser(words).parse_args(words)
    command: ModuleType = arguments.command_module
    try:
        code = int(command.run(arguments))
        sys.stdout.flush()
        return code
    except ConfigurationError as error:
        for line in error.findings or (f"leadline: {error}",):
            print(line, file=sys.stderr)
        return 2
    except LeadlineError as error:
        print(f"leadline: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (`head`) has enough; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


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
