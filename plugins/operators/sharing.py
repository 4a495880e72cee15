"""What tasks are mapped over: one thing each, or several where there are more than Airflow maps over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

MOST_TASKS = 500
"""Of one mapped task; Airflow maps over 1,024 values at most (`core.max_map_length`), and fails what returns
more."""

Share = str | list[str]
"""What one mapped task works on: an id, or several."""


def shared_out(ids: Sequence[str]) -> list[str] | list[list[str]]:
    """Return what tasks are mapped over: the ids, or lists of them where one task each were too many."""
    from leadline.chunks import chunks

    if len(ids) <= MOST_TASKS:
        return list(ids)
    return list(chunks(ids, ceil(len(ids) / MOST_TASKS)))


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
        except Exception as error:  # raised below
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
