"""The books of many runs as rows of `leadline report`."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import Connection, select

from leadline.hub import Hub
from leadline.hub.schema import run
from leadline.hub.schema import supplier as supplier_table

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_PLAIN = ("campaign", "partner")  # what `books_by` gives as it is; fields come as JSON
_BROUGHT_BACK = (
    "records_read",
    "statuses_changed",
    "replies",
    "fields_changed",
    "reps_changed",
    "opportunities",
    "events",
    "told",
    "told_refused",
    "told_waiting",
)
_FIGURES = (
    "received",
    "quarantined",
    "filtered",
    "known",
    "updated",
    "new",
    "assigned",
    "unassigned",
    "unrouted",
    "pending",
    "accepted",
    "rejected",
    "pushed",
    "push_failed",
    "push_waiting",
    "written_back",
)


def run_books(
    hub: Hub,
    supplier: str | None = None,
    run_id: str | None = None,
    by: str | None = None,
    since: int | None = None,
) -> list[dict[str, Any]]:
    """Return the books of runs, oldest first: one row a run, or one a run and value of `by`.

    Keys: `supplier`, `run`, `received` to `written_back`, `balanced` (None: not settled yet); with `by` also
    `by` and `value` (text, number, bool, or a list), without it also `dag` and what came back. The outcomes
    of rows are those of lead batches. `assigned` and `unassigned` are first decisions on the run's new leads,
    `unrouted` ones have none: their pull is held, or not judged because its run died; all figures after them
    say where those leads stand today, also by later runs: `pushed` leads have reached a CRM, `push_waiting`
    ones have something to send, of `push_failed` ones the newest delivery was refused, `written_back` ones
    have a status at the supplier.

    What came back: `records_read` that CRMs told of, opportunities in a run that reads those; leads whose
    sales status or fields a partner changed, that it accepted or rejected (`replies`), or gave another rep;
    `opportunities` that are new, changed or deleted, `events` that are new; and of all that the run queued
    for the supplier's system (status, events, opportunities), what was `told`, refused there, or waits.

    Args:
        supplier: A supplier key; None: all, test targets too.
        by: A mapped field, `campaign` (its key) or `partner` (its id, of the active assignment); rows that
            became no lead have the value None.
        since: Only runs that started at that time or later (UTC microseconds).

    Raises:
        ValueError: `by` is not a name that a field could have.
    """
    if by is not None and not _NAME.fullmatch(by):
        raise ValueError(f"'{by}' is no field: a name has lower case letters, digits and underscores")
    with hub.reading() as connection:
        suppliers = [supplier] if supplier else _suppliers(connection)
        return [row for one in suppliers for row in _rows_of(hub, connection, one, run_id, by, since)]


def _suppliers(connection: Connection) -> list[str]:
    query = select(supplier_table.c.supplier).order_by(supplier_table.c.supplier)
    return list(connection.execute(query).scalars())


def _rows_of(
    hub: Hub,
    connection: Connection,
    supplier: str,
    run_id: str | None,
    by: str | None,
    since: int | None,
) -> list[dict[str, Any]]:
    query = select(run).where(run.c.supplier == supplier).order_by(run.c.started_at, run.c.run_id)
    values: dict[str, Any] = {"supplier": supplier, "table_chosen": ""}
    if since is not None:
        query = query.where(run.c.started_at >= since)
        values |= {"since": since, "table_chosen": "since"}
    if run_id is not None:
        query = query.where(run.c.run_id == run_id)
        values = {"supplier": supplier, "run_id": run_id, "table_chosen": "run"}
    runs = connection.execute(query).all()
    figures: dict[tuple[str, Any], dict[str, int]] = {}
    for statement in ("books_report_rows", "books_report_leads"):
        found = hub.run(connection, statement, table_by=by or "", **values)
        for row in found:
            cell = figures.setdefault((row.run_id, _value(row.value, by)), dict.fromkeys(_FIGURES, 0))
            for name in row._fields:
                if name in cell:
                    cell[name] += int(getattr(row, name) or 0)
    back = {} if by is not None else _brought_back(hub, connection, values)
    result = []
    for one in runs:
        keys = sorted(
            (key for key in figures if key[0] == one.run_id), key=lambda key: (key[1] is None, str(key[1]))
        )
        for key in keys or ([(one.run_id, None)] if by is None else []):
            line: dict[str, Any] = {"supplier": supplier, "run": one.run_id}
            if by is not None:
                line |= {"by": by, "value": list(key[1]) if isinstance(key[1], tuple) else key[1]}
            line |= {**(figures.get(key) or dict.fromkeys(_FIGURES, 0)), "balanced": one.balanced}
            if by is None:
                line |= {"dag": one.dag_id, **(back.get(one.run_id) or dict.fromkeys(_BROUGHT_BACK, 0))}
            result.append(line)
    return result


def _value(told: str | None, by: str | None) -> Any:
    """Return a value of `by` as the mapping types it, the same from both databases; a list as a tuple."""
    if told is None or by in _PLAIN:
        return told
    value = json.loads(told)
    return tuple(value) if isinstance(value, list) else value


def _brought_back(hub: Hub, connection: Connection, values: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Return by run what came back from partners' CRMs, and what the supplier was told of it."""
    back: dict[str, dict[str, int]] = {}
    for statement in ("books_report_read", "books_report_back", "books_report_told"):
        for row in hub.run(connection, statement, **values):
            cell = back.setdefault(row.run_id, dict.fromkeys(_BROUGHT_BACK, 0))
            for name in row._fields:
                if name in cell:
                    cell[name] += int(getattr(row, name) or 0)
    return back
