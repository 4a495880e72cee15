"""What tasks are mapped over: one thing each, or several where one is not worth a task, or there are more
than Airflow maps over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadline.manifests import Batch

logger = logging.getLogger(__name__)

MOST_TASKS = 500
"""Of one mapped task; Airflow maps over 1,024 values at most (`core.max_map_length`), and fails what returns
more."""

WORTH_A_TASK = 60_000
"""Rows that take longer than the task that checks them needs to start, two seconds or more."""

OF_ANY_BATCH = 5_000
"""As long as these rows takes what a batch costs whatever its rows."""

Share = str | list[str]
"""What one mapped task works on: an id, or several."""


def shared_out(ids: Sequence[str]) -> list[str] | list[list[str]]:
    """Return what tasks are mapped over: the ids, or lists of them where one task each were too many."""
    from leadline.chunks import chunks

    if len(ids) <= MOST_TASKS:
        return list(ids)
    return list(chunks(ids, ceil(len(ids) / MOST_TASKS)))


def batches_shared_out(batches: Sequence[Batch]) -> list[list[str]]:
    """Return what the tasks that check batches are mapped over: as many in a row as are worth a task's start.

    A batch holds rows of one file at most, so that a thousand small files are a thousand batches.
    """
    costs = [OF_ANY_BATCH + batch.rows for batch in batches]
    # Two neighbours are more than one share holds: there are at most as many shares as may be.
    most = max(WORTH_A_TASK, ceil(2 * sum(costs) / MOST_TASKS))
    shares: list[list[str]] = []
    room = 0
    for batch, cost in zip(batches, costs, strict=True):
        if cost > room:
            shares.append([])
            room = most
        shares[-1].append(batch.batch_id)
        room -= cost
    return shares


def named(share: str) -> str:
    """Return the template by which Airflow shows the task of a share, given the name of its field."""
    field = f"task.{share}"
    return f"{{{{ {field} if {field} is string else {field}[0] ~ ' +' ~ ({field} | length - 1) }}}}"


def work_on(
    share: Share, work: Callable[[str], Mapping[str, Any]], failing: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Do the work for each id of a share, whatever becomes of the others, and return the summed counts.

    Args:
        failing: Told the id that failed first, before its error is raised.

    Raises:
        Exception: That of the first id that failed, once all were tried.
    """
    if isinstance(share, str):
        return dict(work(share))
    counts: dict[str, Any] = {}
    failed: tuple[str, Exception] | None = None
    for one in share:
        try:
            _add(counts, work(one))
        except Exception as error:  # the first is raised below
            logger.warning("%s failed: %s", one, error)
            failed = failed or (one, error)
    if failed is not None:
        if failing is not None:
            failing(failed[0])
        raise failed[1]
    return counts


def _add(counts: dict[str, Any], found: Mapping[str, Any]) -> None:
    for name, value in found.items():
        if isinstance(value, Mapping):
            _add(counts.setdefault(name, {}), value)
        elif isinstance(value, int):
            counts[name] = counts.get(name, 0) + value
        else:
            counts[name] = value
