"""Which folder of hand-written expectations goes with a mapping, for the commands that check files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from leadline.errors import ConfigurationError


def add_argument(parser: Any) -> None:
    """Add `--expectations` to a command."""
    parser.add_argument(
        "--expectations",
        metavar="DIR",
        type=Path,
        help="folder of hand-written suites; default: the one beside the mappings' folder, if there is one",
    )


def chosen(arguments: argparse.Namespace) -> Path | None:
    """Return the folder that was asked for, or the one that goes with the mapping; None: there is none.

    Raises:
        ConfigurationError: What was asked for is no folder; without it the check would pass too easily.
    """
    given: Path | None = arguments.expectations
    if given is None:
        return beside(arguments.mapping.resolve().parent)
    if not given.is_dir():
        raise ConfigurationError(f"{given}:0: this is no folder of expectations")
    return given


def beside(mappings: Path) -> Path | None:
    """Return the suites' folder of the house that mappings stand in: `include/mappings` and `expectations`.

    A mapping elsewhere is a scratch one; the suite of a namesake would not fit its fields.

    Args:
        mappings: The folder of a mapping, resolved.
    """
    from leadline.settings import settings

    ours = mappings == settings().mappings_dir.resolve()
    directory = settings().expectations_dir if ours else mappings.parent.parent / "expectations"
    return directory if directory.is_dir() and (ours or mappings.name == "mappings") else None
