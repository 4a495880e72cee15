"""Raw data expire: of runs that are over, what was received is removed from the staging area.

Receipts, history and what `settle` counts from stay, in the hub and in manifests; quarantined rows can be
replayed no longer. A run keeps its raw data while the hub lacks rows of it, or its books do not balance:
then a person must look at them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from leadline.hub import Hub
from leadline.hub.schema import run
from leadline.mapping.model import SupplierMapping
from leadline.runs import pinned_mapping, to_us
from leadline.staging import Staging

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Expired:
    """What was removed of one supplier's raw data.

    Attributes:
        days: How old raw data may be.
        runs: Of how many runs everything is removed now that was not before.
        files, size: What was removed, in files and bytes.
        kept: Older runs that keep theirs: rows have no receipt, or the books do not balance.
    """

    supplier: str
    days: int
    runs: int
    files: int
    size: int
    kept: tuple[str, ...]


def expire_raw_data(
    hub: Hub,
    staging: Staging,
    mappings: Mapping[str, SupplierMapping],
    *,
    only: str | None = None,
    now: datetime | None = None,
) -> list[Expired]:
    """Remove what is older than each supplier's `raw_retention_days`; return it by supplier key.

    Repeating it, or stopping it half-way, does no harm: a run is marked when all of its raw data are removed.

    Args:
        mappings: By supplier. One that has none any more, or a broken one: as its last run was told.
        only: Of this supplier key alone.
        now: None: the clock's.

    Raises:
        StagingUnavailable: The store cannot be used; the next time goes on.
    """
    found = []
    with hub.reading() as connection:
        keys = hub.run(connection, "trace_suppliers").scalars().all()
    for key in keys:
        if only in (None, key) and (days := _days(hub, key, mappings)) is not None:
            found.append(_expire(hub, staging, key, days, (now or datetime.now(UTC)) - timedelta(days=days)))
    return found


def _expire(hub: Hub, staging: Staging, supplier: str, days: int, before: datetime) -> Expired:
    with hub.reading() as connection:
        old = hub.run(connection, "run_raw", supplier=supplier, before=to_us(before)).all()
    runs = files = size = 0
    kept = []
    for one in old:
        staged = staging.of_run(supplier, one.run_id)
        raw = [file for file in staged if not file.is_manifest]
        # A manifest of which the hub knows nothing: rows that nobody has received.
        if not one.settled if one.landed else len(raw) < len(staged):
            kept.append(one.run_id)
            continue
        gone = [file for file in raw if file.written_at < before]
        staging.remove(gone)
        files, size = files + len(gone), size + sum(file.size for file in gone)
        if len(gone) < len(raw):
            continue  # somebody cleared it of late, and it reads again
        _mark(hub, supplier, one.run_id, before + timedelta(days=days))
        runs += 1
        if gone:
            logger.info("%s: raw data of run %s removed: %s files", supplier, one.run_id, len(gone))
    return Expired(supplier, days, runs, files, size, tuple(kept))


def _mark(hub: Hub, supplier: str, run_id: str, now: datetime) -> None:
    with hub.transaction(supplier) as connection:
        connection.execute(
            update(run)
            .where(run.c.supplier == supplier, run.c.run_id == run_id)
            .values(raw_removed_at=to_us(now))
        )


def _days(hub: Hub, supplier: str, mappings: Mapping[str, SupplierMapping]) -> int | None:
    """Return how many days this supplier's raw data are kept; None if it never had a run."""
    mapping = mappings.get(supplier.partition("~")[0])
    if mapping is None:
        query = select(run.c.run_id).where(run.c.supplier == supplier).order_by(run.c.started_at.desc())
        with hub.reading() as connection:
            last = connection.execute(query.limit(1)).scalar()
        mapping = pinned_mapping(hub, supplier, run_id=last) if last is not None else None
    return mapping.raw_retention_days if mapping else None
