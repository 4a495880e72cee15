"""Books as a report: which runs, apart by which field, and how it prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from leadline.books import run_books
from leadline.errors import ConfigurationError, UnknownRun
from leadline.hub import Hub
from leadline.hub.schema import run
from leadline.trace.rows import suppliers_of

BESIDES_FIELDS = ("campaign", "partner")  # what `run_books` tells apart that is no field

_BACK = ("_feedback", "_opportunities")
"""DAGs whose runs bring no leads in, but back what partners did: a table of their own."""
_BACK_COLUMNS = {
    "records_read": "read",
    "statuses_changed": "statuses",
    "replies": "replies",
    "fields_changed": "fields",
    "reps_changed": "reps",
    "opportunities": "opportun.",
    "events": "events",
    "told": "told",
    "told_refused": "refused",
    "told_waiting": "waiting",
}
_COLUMNS = {
    "received": "received",
    "quarantined": "quarant.",
    "filtered": "filtered",
    "known": "known",
    "updated": "updated",
    "new": "new",
    "assigned": "assigned",
    "unassigned": "unassig.",
    "unrouted": "unrouted",
    "pending": "pending",
    "accepted": "accepted",
    "rejected": "rejected",
    "pushed": "pushed",
    "push_failed": "failed",
    "push_waiting": "waiting",
    "written_back": "written",
}


def report(
    hub: Hub,
    supplier: str | None = None,
    run_id: str | None = None,
    by: str | None = None,
    since: int | None = None,
) -> list[dict[str, Any]]:
    """Return the books that are asked for, as `books.run_books` does.

    Raises:
        UnknownSupplier: The hub holds nothing of the supplier.
        UnknownRun: Nobody asked for has this run.
        ConfigurationError: `by` is a field of none of their mappings; the message names those there are.
    """
    with hub.reading() as connection:
        suppliers = suppliers_of(hub, connection, supplier)
        bodies = [
            json.loads(row.body)
            for key in (suppliers if by is not None else ())
            for row in hub.run(connection, "report_fields", supplier=key)
        ]
    fields = sorted({field["name"] for body in bodies for field in body["fields"]})
    if by is not None and by not in (*fields, *BESIDES_FIELDS):
        allowed = ", ".join((*BESIDES_FIELDS, *fields))
        raise ConfigurationError(f"'{by}' is no field of a mapping that ran; there are: {allowed}")
    runs = run_books(hub, supplier, run_id, by, since)
    if run_id is not None and not runs and not _has_run(hub, suppliers, run_id):
        no_run = f"{supplier} has no run '{run_id}'" if supplier else f"there is no run '{run_id}'"
        raise UnknownRun(f"{no_run}; leadline report names those there are")
    return runs


def _has_run(hub: Hub, suppliers: Sequence[str], run_id: str) -> bool:
    """Return whether a run is there whose books may be empty: apart by a field, no row is no line."""
    with hub.reading() as connection:
        query = select(run.c.run_id).where(run.c.supplier.in_(suppliers), run.c.run_id == run_id).limit(1)
        return connection.execute(query).scalar() is not None


def as_table(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table, one per run, or run and value; nothing was run: one line that says so.

    Runs that brought back what partners did follow in a table of their own, with columns of their own.
    """
    if not runs:
        yield "no runs"
        return
    back = [one for one in runs if _brings_back(one)]
    if len(back) < len(runs):
        yield from _table([one for one in runs if not _brings_back(one)], _COLUMNS)
    if 0 < len(back) < len(runs):
        yield ""
    if back:
        yield from _table(back, _BACK_COLUMNS)


def _brings_back(one: Mapping[str, Any]) -> bool:
    return str(one.get("dag", "")).endswith(_BACK)


def _table(runs: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> Iterator[str]:
    by = runs[0].get("by")
    heads = ["supplier", "run", *([by] if by else []), *columns.values(), "balanced"]
    rows = [heads] + [
        [
            one["supplier"],
            one["run"],
            *([_shown(one["value"])] if by else []),
            *(str(one[name]) for name in columns),
            {True: "yes", False: "NO", None: "-"}[one["balanced"]],
        ]
        for one in runs
    ]
    words = 3 if by else 2  # columns that read from the left; figures stand to the right
    widths = [max(len(row[index]) for row in rows) for index in range(len(heads))]
    for row in rows:
        cells = [
            cell.ljust(width) if index < words else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
