"""`leadline schema`: the JSON schema of mappings, for editors."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "schema",
        help="write the JSON schema of mappings, for editors",
        description="Writes the JSON schema of mappings (by default to include/mapping.schema.json).",
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="where to; '-' prints it")


def run(arguments: argparse.Namespace) -> int:
    """Write the schema; return 2 if it cannot be written there."""
    from leadline.mapping.schema_export import mapping_schema
    from leadline.settings import settings

    path: Path = arguments.output or settings().include_dir / "mapping.schema.json"
    if str(path) == "-":
        print(mapping_schema(), end="")
    else:
        try:
            path.write_text(mapping_schema(), encoding="utf-8")
        except OSError as error:
            print(f"{path}:0: cannot be written: {error.strerror}", file=sys.stderr)
            return 2
        print(path)
    return 0
