"""What a run would do: the steps of `distribution`, for real, on a hub that forgets (ADR 004)."""

from __future__ import annotations

import pickle
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from leadline import distribution, reading, runs
from leadline.distribution import Counts
from leadline.errors import ThresholdExceeded
from leadline.hub import Hub
from leadline.hub.rehearsal import RehearsalHub
from leadline.landing import land
from leadline.mapping.model import SupplierMapping
from leadline.ports import KINDS, Kind, RecordPage, SourceFile, SupplierSystem, Window
from leadline.staging import Staging


@dataclass(frozen=True)
class _CopiedFile:
    """A supplier's file, read once and kept until the dry run ends."""

    name: str
    path: str
    size: int
    modified_at: datetime
    copy: Path

    def open(self) -> BinaryIO:
        """Return the copy's bytes."""
        return self.copy.open("rb")


def dry_run(
    hub: Hub,
    mapping: SupplierMapping,
    system: SupplierSystem,
    *,
    run_id: str,
    window: Window | None,
    interval_end: datetime,
) -> Counts:
    """Return what this run would receive and where its leads would go, and leave nothing behind.

    Returns:
        `campaigns` and `leads`: outcomes and their counts; `unreadable`: files that nothing would be taken
        of; `held`: why the pull would be held, or None; `routed`: counts of the decisions, leads that wait
        from earlier runs included; `partners`: leads by partner id.
    """
    window = distribution.window_of(hub, mapping, window, interval_end)
    with tempfile.TemporaryDirectory(prefix="leadline-dry-run-") as folder:
        # Read before the rehearsal begins: from then on others wait for the supplier's lock.
        read = {
            kind: list(
                _copies(distribution.read(hub, mapping.key(), system, kind, window), Path(folder, kind))
            )
            for kind in KINDS
            if distribution.has_kind(mapping, kind)
        }
        with RehearsalHub(hub) as rehearsal:
            return _rehearse(rehearsal, mapping, read, run_id, window, Path(folder).as_uri())


def _rehearse(
    hub: Hub,
    mapping: SupplierMapping,
    read: dict[Kind, list[_CopiedFile | Path]],
    run_id: str,
    window: Window,
    staging_url: str,
) -> Counts:
    ctx = runs.start_run(
        hub, mapping, run_id=run_id, dag_id="dry_run", kind="manual", task="dry_run", window=window
    )
    told: Counts = {"unreadable": [], "held": None}
    for kind, items in read.items():
        manifest = land(hub, ctx, mapping, kind, _items(items), window, Staging(staging_url), reading)
        told["unreadable"] += [f"{one.name}: {one.error}" for one in manifest.unreadable]
        outcomes: Counter[str] = Counter()
        for batch in manifest.batches:
            outcomes.update(distribution.validate(hub, staging_url, ctx, mapping, batch.batch_id))
        told[kind] = {"received": manifest.rows, **outcomes}
    try:
        distribution.judge(hub, ctx, mapping)
    except ThresholdExceeded as error:
        told["held"] = str(error)
    told["routed"] = distribution.route(hub, ctx, mapping)
    with hub.reading() as connection:
        rows = hub.run(connection, "assignment_partners", supplier=ctx.supplier, run_id=run_id).all()
    told["partners"] = {row.partner_id: row.leads for row in rows}
    return told


def _copies(items: Iterable[SourceFile | RecordPage], folder: Path) -> Iterator[_CopiedFile | Path]:
    folder.mkdir()
    for number, item in enumerate(items):
        copy = folder / f"{number:06}"
        with copy.open("wb") as target:
            if isinstance(item, RecordPage):
                pickle.dump(item, target)
                yield copy
            else:
                with item.open() as stream:
                    shutil.copyfileobj(stream, target)
                yield _CopiedFile(item.name, item.path, item.size, item.modified_at, copy)


def _items(kept: Iterable[_CopiedFile | Path]) -> Iterator[SourceFile | RecordPage]:
    for one in kept:
        if isinstance(one, _CopiedFile):
            yield one
        else:
            with one.open("rb") as source:
                page: RecordPage = pickle.load(source)  # noqa: S301  written by `_copies` a moment ago
            yield page
