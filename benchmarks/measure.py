"""One measurement in a process of its own: `python -m benchmarks.measure end_to_end HUB_URL ROWS FOLDER`.

Prints JSON: leads, and stage -> wall and CPU seconds of this process, with its peak memory until then in MB.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
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


def end_to_end(url: str, rows: int, folder: Path) -> dict[str, Any]:
    """Bring a file of leads through every step, and time each."""
    mapping, hub, staging = samples.mapping(), Hub(url), _staging(folder)
    file = _prepared(hub, mapping, rows, folder)
    stages: Stages = {}
    with _timed(stages, "end_to_end"):
        with _timed(stages, "land"):
            ctx, manifest = _landed(hub, mapping, file, staging)
        with _timed(stages, "check_and_receive"):
            for batch in manifest.batches:
                distribution.validate(hub, _staging_url(folder), ctx, mapping, batch.batch_id)
            distribution.judge(hub, ctx, mapping)
        with _timed(stages, "route"):
            distribution.route(hub, ctx, mapping)
        with _timed(stages, "push"):
            for account in distribution.accounts(hub, ctx):
                distribution.push(hub, ctx, mapping, account, _null_crm)
        with _timed(stages, "settle"):
            settled = books.settle(hub, staging, ctx, mapping)
    if settled.received != rows or not settled.balanced:
        raise RuntimeError(f"{settled.received} of {rows} leads were received: {settled}")
    return {"stages": stages, "leads": rows, "books": str(settled)[:300]}


def shared_checks(url: str, rows: int, folder: Path) -> dict[str, Any]:
    """Let two processes share the batches, as mapped tasks do: CPU of both, peak of the larger one.

    Starting them is counted too: a task of Airflow imports as much.
    """
    mapping, hub = samples.mapping(), Hub(url)
    ctx, manifest = _landed(hub, mapping, _prepared(hub, mapping, rows, folder), _staging(folder))
    check = partial(_check, url, _staging_url(folder), ctx)
    began = time.perf_counter()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        received = sum(pool.map(check, [batch.batch_id for batch in manifest.batches]))
    wall, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if received != rows:
        raise RuntimeError(f"{received} of {rows} leads were received")
    figures = {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}
    return {"stages": {"check_and_receive": figures}, "leads": rows}


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


def _check(url: str, staging_url: str, ctx: RunContext, batch_id: str) -> int:
    counts = distribution.validate(Hub(url), staging_url, ctx, samples.mapping(), batch_id)
    return sum(counts.values())


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
    began, used = time.perf_counter(), time.process_time()
    yield
    stages[name] = {
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - used,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    what, url, rows, folder = sys.argv[1:]
    print(json.dumps(globals()[what](url, int(rows), Path(folder))))
