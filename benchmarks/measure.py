"""One measurement in a process of its own: `python -m benchmarks.measure end_to_end HUB_URL ROWS FOLDER`.

Prints JSON: leads, and stage -> wall and CPU seconds of this process, with its peak memory until then in MB.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks import samples
from benchmarks.null_crm import NullCrm
from leadline import books, distribution, reading, runs
from leadline.hub import Hub, now_us
from leadline.hub.migration import upgrade
from leadline.landing import land
from leadline.manifests import Manifest
from leadline.mapping.model import SupplierMapping
from leadline.partners import stored_account, stored_partner
from leadline.ports import Window
from leadline.runs import RunContext
from leadline.staging import Staging

KEY = "acme"

Stages = dict[str, dict[str, float]]
Each = Callable[[Callable[[str], None], Sequence[str]], object]


def end_to_end(url: str, rows: int, folder: Path) -> dict[str, Any]:
    """Bring a file of leads through every step in this process, and time each."""
    return _end_to_end(url, rows, folder, _one_by_one)


def shared(url: str, rows: int, folder: Path) -> dict[str, Any]:
    """Do the same in two processes where a run has mapped tasks: for its batches, and for its CRM accounts.

    Starting them is counted too: a task of Airflow imports as much. CPU is that of all, the peak that of the
    largest.
    """
    return _end_to_end(url, rows, folder, _in_two_processes)


def _end_to_end(url: str, rows: int, folder: Path, each: Each) -> dict[str, Any]:
    mapping, hub = samples.mapping(), _open(url)
    file, staging = _prepared(hub, mapping, rows, folder), _staging(folder)
    stages: Stages = {}
    with _timed(stages, "end_to_end"):
        with _timed(stages, "land"):
            ctx, manifest = _landed(hub, mapping, file, staging)
        with _timed(stages, "check_and_receive"):
            each(partial(_check, url, _staging_url(folder), ctx), [one.batch_id for one in manifest.batches])
            distribution.judge(hub, ctx, mapping)
        with _timed(stages, "route"):
            distribution.route(hub, ctx, mapping)
        with _timed(stages, "push"):
            each(partial(_push, url, ctx), distribution.accounts(hub, ctx))
        with _timed(stages, "settle"):
            settled = books.settle(hub, staging, ctx)
    if settled.received != rows or not settled.balanced:
        raise RuntimeError(f"{settled.received} of {rows} leads were received: {settled}")
    return {"stages": stages, "leads": rows, "books": str(settled)[:300]}


def _one_by_one(work: Callable[[str], None], names: Sequence[str]) -> None:
    for name in names:
        work(name)


def _in_two_processes(work: Callable[[str], None], names: Sequence[str]) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for _ in pool.map(work, names):
            pass  # what went wrong in one is raised here


def parse_floor(_: str, rows: int, folder: Path) -> dict[str, Any]:
    """Read the same file with the csv module and nothing else: the floor under everything."""
    stages: Stages = {}
    with _timed(stages, "parse"), (folder / f"leads_{rows}.csv").open(newline="") as source:
        count = sum(1 for _ in csv.reader(source))
    return {"stages": stages, "leads": count - 1}


def _prepared(hub: Hub, mapping: SupplierMapping, rows: int, folder: Path) -> Path:
    """Return a file of leads, made if need be, the hub ready for them."""
    file = folder / f"leads_{rows}.csv"
    if not file.exists():
        samples.write_leads(file, mapping, rows)
    upgrade(hub)
    _import_partners(hub)
    return file


def _landed(hub: Hub, mapping: SupplierMapping, file: Path, staging: Staging) -> tuple[RunContext, Manifest]:
    window = Window(None, datetime.now(UTC))
    ctx = runs.start_run(
        hub, mapping, run_id="bench", dag_id="bench", kind="manual", task="bench", window=window
    )
    return ctx, land(hub, ctx, mapping, "leads", [samples.LocalFile(file)], window, staging, reading)


@cache
def _open(url: str) -> Hub:
    return Hub(url)


def _check(url: str, staging_url: str, ctx: RunContext, batch_id: str) -> None:
    distribution.validate(_open(url), staging_url, ctx, samples.mapping(), batch_id)


def _push(url: str, ctx: RunContext, account: str) -> None:
    distribution.push(_open(url), ctx, samples.mapping(), account, _null_crm)


def _staging_url(folder: Path) -> str:
    return (folder / "staging").as_uri()


def _staging(folder: Path) -> Staging:
    return Staging(_staging_url(folder))


@contextmanager
def _null_crm(*_: Any) -> Iterator[NullCrm]:
    yield NullCrm()


def _import_partners(hub: Hub) -> None:
    from sqlalchemy import insert

    from leadline.hub.schema import crm_account, partner

    with hub.transaction(KEY) as connection:
        connection.execute(
            insert(crm_account), [stored_account(KEY, one, now_us()) for one in samples.accounts()]
        )
        connection.execute(
            insert(partner), [stored_partner(KEY, one, now_us()) for one in samples.partners()]
        )


@contextmanager
def _timed(stages: Stages, name: str) -> Iterator[None]:
    began, used = time.perf_counter(), _cpu()
    yield
    stages[name] = {
        "wall_s": time.perf_counter() - began,
        "cpu_s": _cpu() - used,
        "peak_mb": max(one.ru_maxrss for one in _usage()) / 1024,
    }


def _cpu() -> float:
    return sum(one.ru_utime + one.ru_stime for one in _usage())


def _usage() -> list[resource.struct_rusage]:
    """Return what this process used, and what the ended ones did that it started."""
    return [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]


if __name__ == "__main__":
    what, url, rows, folder = sys.argv[1:]
    print(json.dumps(globals()[what](url, int(rows), Path(folder))))
