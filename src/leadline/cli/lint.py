"""`leadline lint [PATH…]`: checks mappings and hand-written expectations before anything runs with them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadline.cli import expectations
from leadline.cli.printing import say, say_json

if TYPE_CHECKING:
    from leadline.errors import Finding
    from leadline.mapping.model import SupplierMapping


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "lint",
        help="check mappings",
        description="Checks mappings and the expectations written by hand beside them. Prints "
        "`path:line: message` per finding; exit 2 if there is one.",
    )
    parser.add_argument(
        "paths", metavar="PATH", nargs="*", type=Path, help="files or folders; default: all mappings"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check and print; return 2 if there are findings."""
    from leadline.errors import Finding
    from leadline.mapping.loading import load_files, mapping_files, sharing_of, target_findings
    from leadline.settings import settings

    paths: list[Path] = []
    empty: list[Finding] = []
    for path in arguments.paths or [_from_here(settings().mappings_dir)]:
        found = mapping_files(path) if path.is_dir() else [path]
        if not found:  # a check of nothing must not pass: somebody gave the wrong folder
            empty.append(Finding(str(path), 0, "there is no mapping in this folder: <supplier>.yaml"))
        paths += found
    mappings, findings = load_files(dict.fromkeys(paths))
    findings = [*empty, *findings, *sharing_of(paths, mappings), *_of_suites(paths, mappings)]
    if not arguments.paths:
        findings += target_findings(settings().targets, {path.stem for path in paths})
    if arguments.json:
        report = {
            "checked": len(set(paths)),
            "suppliers": sorted(mappings),
            "findings": [
                {"path": finding.path, "line": finding.line, "message": finding.message}
                for finding in findings
            ],
        }
        say_json(report)
    else:
        for finding in findings:
            say(finding)
        if not findings:
            count = len(set(paths))
            named = ", ".join(sorted(mappings))
            say(f"{count} {'mapping' if count == 1 else 'mappings'}, no findings: {named}")
    return 2 if findings else 0


def _of_suites(paths: Iterable[Path], mappings: Mapping[str, SupplierMapping]) -> list[Finding]:
    """Return findings of the expectations that lie where the runs of these mappings read them."""
    found: dict[Finding, None] = {}
    for path in (one for one in paths if one.stem in mappings):
        # A link that leads back to itself has no folder that `resolve` could name.
        directory = expectations.beside(Path(os.path.realpath(path)).parent)
        if directory is not None:
            # It loads Great Expectations, which takes seconds.
            from leadline.checks.trial import suite_findings

            found |= dict.fromkeys(suite_findings(_from_here(directory), mappings[path.stem]))
    return list(found)


def _from_here(path: Path) -> Path:
    """Return the path as seen from the working directory, if it lies below: shorter to read and click."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
