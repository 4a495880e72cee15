"""One measurement in a process of its own: `python -m benchmarks.measure end_to_end HUB_URL ROWS FOLDER`.

Prints JSON: seconds per stage, leads, and the process's peak memory in MB.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import samples
from benchmarks.null_crm import NullCrm
from leadline import books, distribution, reading, runs
from leadline.hub import Hub, now_us
from leadline.hub.migration import upgrade
from leadline.landing import land
from leadline.partners import stored_account, stored_partner
from leadline.ports import Window
from leadline.staging import Staging

KEY = "acme"


def end_to_end(url: str, rows: int, folder: Path) -> dict[str, Any]:
    """Bring a file of leads through every step, and time each."""
    mapping, hub, staging_url = samples.mapping(), Hub(url), (folder / "staging").as_uri()
    staging = Staging(staging_url)
    file = folder / f"leads_{rows}.csv"
    if not file.exists():
        samples.write_leads(file, mapping, rows)
    upgrade(hub)
    _import_partners(hub)
    seconds: dict[str, float] = {}
    window = Window(None, datetime.now(UTC))

    with _timed(seconds, "end_to_end"):
        ctx = runs.start_run(
            hub, mapping, run_id="bench", dag_id="bench", kind="manual", task="bench", window=window
        )
        with _timed(seconds, "land"):
            manifest = land(hub, ctx, mapping, "leads", [samples.LocalFile(file)], window, staging, reading)
        with _timed(seconds, "check_and_receive"):
            for batch in manifest.batches:
                distribution.validate(hub, staging_url, ctx, mapping, batch.batch_id)
            distribution.judge(hub, ctx, mapping)
        with _timed(seconds, "route"):
            distribution.route(hub, ctx, mapping)
        with _timed(seconds, "push"):
            for account in distribution.accounts(hub, ctx):
                distribution.push(hub, ctx, mapping, account, _null_crm)
        with _timed(seconds, "settle"):
            settled = books.settle(hub, staging, ctx, mapping)
    if settled.received != rows or not settled.balanced:
        raise RuntimeError(f"{settled.received} of {rows} leads were received: {settled}")
    return {"seconds": seconds, "leads": rows, "peak_mb": _peak_mb(), "books": str(settled)[:300]}


def parse_floor(_: str, rows: int, folder: Path) -> dict[str, Any]:
    """Read the same file with the csv module and nothing else: the floor under everything."""
    seconds: dict[str, float] = {}
    with _timed(seconds, "parse"), (folder / f"leads_{rows}.csv").open(newline="") as source:
        count = sum(1 for _ in csv.reader(source))
    return {"seconds": seconds, "leads": count - 1, "peak_mb": _peak_mb()}


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
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - began


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    what, url, rows, folder = sys.argv[1:]
    print(json.dumps(globals()[what](url, int(rows), Path(folder))))
