"""`leadline lint [PATH…]`: checks mappings before anything runs with them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "lint",
        help="check mappings",
        description="Checks mappings. Prints `path:line: message` per finding; exit 2 if there is one.",
    )
    parser.add_argument(
        "paths", metavar="PATH", nargs="*", type=Path, help="files or folders; default: all mappings"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check and print; return 2 if there are findings."""
    from leadline.mapping.loading import load_files, mapping_files
    from leadline.settings import settings

    paths: list[Path] = []
    for path in arguments.paths or [_from_here(settings().mappings_dir)]:
        paths += mapping_files(path) if path.is_dir() else [path]
    mappings, findings = load_files(dict.fromkeys(paths))
    if arguments.json:
        report = {
            "checked": len(set(paths)),
            "suppliers": sorted(mappings),
            "findings": [
                {"path": finding.path, "line": finding.line, "message": finding.message}
                for finding in findings
            ],
        }
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        for finding in findings:
            print(finding)
        if not findings:
            print(f"{len(set(paths))} mappings, no findings: {', '.join(sorted(mappings)) or 'none there'}")
    return 2 if findings else 0


def _from_here(path: Path) -> Path:
    """Return the path as seen from the working directory, if it lies below: shorter to read and click."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
