"""What a test proves about an outside system: it passed, and the sandbox's journal shows its vendor calls.

`@pytest.mark.capability("W1", "salesforce", "collections.*")`: row (or a tuple of rows), system, and patterns
of operations that must have been asked of that vendor's room while the test ran. For CRMs the system is
`crm:<type>`. With `--evidence DIR` each proof is kept there; `tests/systems/table.py` makes `docs/systems.md`
of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from sandbox import launch


def add_option(parser: pytest.Parser) -> None:
    """Add `--evidence`."""
    parser.addoption("--evidence", type=Path, help="folder in which proofs of capabilities are kept")


def watch(item: pytest.Item) -> Iterator[None]:
    """Run one test and hold it to the vendor calls that its marks claim."""
    marks = list(item.iter_markers("capability"))
    before = {id(one): one.control.last() for one in launch.RUNNING} if marks else {}
    yield
    for mark in marks:
        rows, system, *patterns = mark.args
        room = system.removeprefix("crm:")
        asked = {
            entry["operation"]
            for one in launch.RUNNING
            for entry in one.control.journal(room, since=before.get(id(one), 0))
        }
        missing = [pattern for pattern in patterns if not any(fnmatchcase(op, pattern) for op in asked)]
        if missing or not patterns:
            pytest.fail(f"no call {missing or '(none named)'} was made to {room}; there were {sorted(asked)}")
        for row in (rows,) if isinstance(rows, str) else rows:
            _keep(item, {"row": row, "system": system, "test": _name(item), "calls": sorted(patterns)})


def _name(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _keep(item: pytest.Item, proof: dict[str, Any]) -> None:
    folder = item.config.getoption("--evidence")
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(proof) + "\n")
