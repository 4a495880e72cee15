"""Replaying quarantined rows: the raw rows again, as new batches of a new run that point at the old ones."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import pyarrow as pa

from leadline.errors import UnknownRun
from leadline.hub import Hub
from leadline.landed import find_batch, register
from leadline.manifests import Batch, LandedSource, Manifest
from leadline.ports import Kind, Window
from leadline.raw_tables import mapped_sources, renumbered
from leadline.runs import RunContext, from_us, pinned_mapping, run_started_at, run_window
from leadline.staging import Staging

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Selection:
    """Which quarantined rows to replay: of a run, of one batch, or named rows of one batch; None: any."""

    run_id: str | None = None
    batch_id: str | None = None
    rows: tuple[int, ...] | None = None


def count_replayable(hub: Hub, supplier: str, selection: Selection, kind: Kind = "leads") -> int:
    """Return how many rows a replay of this selection would take.

    Raises:
        UnknownRun: The hub has no such run of this supplier, or no such batch.
    """
    _require_known(hub, supplier, selection)
    return len(_still_quarantined(hub, supplier, selection, kind)[0])


def count_expired(hub: Hub, supplier: str, selection: Selection, kind: Kind = "leads") -> int:
    """Return how many quarantined rows of this selection nobody can replay: their raw data have expired."""
    return _still_quarantined(hub, supplier, selection, kind)[1]


def replay(
    hub: Hub, staging: Staging, ctx: RunContext, selection: Selection, kind: Kind = "leads"
) -> Manifest:
    """Land the selected rows that are still quarantined as batches of this run; return its manifest.

    The old run's batches, receipts and books stay as they are. A row whose replay already succeeded is not
    taken; a row of a replay is taken from where it first came. A cleared replay reuses its manifest.
    The rows are checked and received like any other, under the mapping this run is pinned to; what that
    mapping reads and the old one did not is empty.

    Args:
        ctx: Of a run of kind `replay`.

    Raises:
        UnknownRun: There is no such run or batch, or the raw data of all selected rows have expired.
        RawDataGone: The raw data of a selected batch were removed by hand.
    """
    manifest = staging.read_manifest(ctx.supplier, ctx.run_id, kind)
    if manifest is None:
        _require_known(hub, ctx.supplier, selection)
        wanted, expired = _still_quarantined(hub, ctx.supplier, selection, kind)
        if expired and not wanted:
            raise UnknownRun(f"the raw data of {expired} quarantined rows have expired")
        if expired:
            logger.warning("%s: the raw data of %s more rows have expired", ctx.supplier, expired)
        sources = mapped_sources(pinned_mapping(hub, ctx.supplier, mapping_hash=ctx.mapping_hash), kind)
        batches: list[Batch] = []
        for old_id, group in groupby(wanted, key=lambda one: one[0]):
            old = find_batch(hub, ctx.supplier, old_id)
            batches.append(_copy(staging, ctx, old, [row for _, row in group], len(batches) + 1, sources))
        manifest = _manifest(hub, staging, ctx, kind, tuple(batches))
        staging.write_manifest(manifest)
    register(hub, ctx, manifest)
    logger.info("%s: run %s replays %s rows of %s", ctx.supplier, ctx.run_id, manifest.rows, kind)
    return manifest


def _require_known(hub: Hub, supplier: str, selection: Selection) -> None:
    if selection.run_id is not None:
        run_window(hub, supplier, selection.run_id)
    if selection.batch_id is not None:
        find_batch(hub, supplier, selection.batch_id)


def _still_quarantined(
    hub: Hub, supplier: str, selection: Selection, kind: Kind
) -> tuple[list[tuple[str, int]], int]:
    """Return batch and row of each row that can be taken, and how many have no raw data any more."""
    with hub.reading() as connection:
        found = hub.run(
            connection,
            "receipt_replayable",
            table_run=selection.run_id is not None,
            table_batch=selection.batch_id is not None,
            supplier=supplier,
            kind=kind,
            **{
                name: value
                for name, value in (("run_id", selection.run_id), ("batch_id", selection.batch_id))
                if value is not None
            },
        ).all()
    chosen = None if selection.rows is None else set(selection.rows)
    rows = [one for one in found if chosen is None or one.row in chosen]
    kept = sorted({(one.root_batch, one.root_row) for one in rows if not one.expired})
    return kept, len({(one.root_batch, one.root_row) for one in rows if one.expired})


def _copy(
    staging: Staging, ctx: RunContext, old: Batch, rows: list[int], number: int, sources: Iterable[str]
) -> Batch:
    raw = staging.read(old)
    position = {row: place for place, row in enumerate(raw["row"].to_pylist())}
    table = renumbered(raw.take([position[row] for row in rows]))
    for source in sources:
        if f"f:{source}" not in table.column_names:
            table = table.append_column(f"f:{source}", pa.nulls(table.num_rows, pa.string()))
    uri = f"{staging.folder(ctx.supplier, ctx.run_id)}/{old.kind}-{number:04}.parquet"
    staging.write_table(uri, table)
    return Batch(
        batch_id=f"{ctx.run_id}:{old.kind}:{number}",
        run_id=ctx.run_id,
        kind=old.kind,
        number=number,
        uri=uri,
        origin=old.origin,
        rows=len(rows),
        replay_of=old.batch_id,
        replay_rows=tuple(rows),
    )


def _manifest(
    hub: Hub, staging: Staging, ctx: RunContext, kind: Kind, batches: tuple[Batch, ...]
) -> Manifest:
    return Manifest(
        supplier=ctx.supplier,
        run_id=ctx.run_id,
        kind=kind,
        mapping_hash=ctx.mapping_hash,
        window=Window(None, from_us(run_started_at(hub, ctx))),
        watermark_to=None,
        sources=tuple(
            LandedSource(one.origin, f"replay of {one.replay_of}", "", None, 0, None, one.rows)
            for one in batches
        ),
        batches=batches,
        uri=staging.manifest_uri(ctx.supplier, ctx.run_id, kind),
    )
