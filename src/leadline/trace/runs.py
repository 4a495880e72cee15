"""A run from its window or files over batches and receipts to CRM and status, with every problem row."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Table, select

from leadline.errors import UnknownRun
from leadline.hub import Hub
from leadline.hub.schema import finding, incident, pull, run
from leadline.mapping.dag_names import run_names
from leadline.trace.rows import rows_of, shown, suppliers_of


def trace_runs(hub: Hub, run_id: str, supplier: str | None = None) -> list[dict[str, Any]]:
    """Return what became of a run, once per supplier and DAG that has a run of this name.

    Args:
        hub: Where to look; it is only read.
        run_id: As Airflow, or the report, names it; several suppliers and DAGs may have a run of one name.
        supplier: Only this supplier key.

    Raises:
        UnknownRun: Nobody asked for has such a run.
        UnknownSupplier: The hub holds nothing of the supplier that is named.
    """
    with hub.reading() as connection:
        keys = suppliers_of(hub, connection, supplier)
        found = [
            _trace_run(hub, connection, key, name)
            for key in keys
            for name in run_names(run_id)
            if _rows(connection, run, key, name)
        ]
    if not found:
        no_run = f"{supplier} has no run '{run_id}'" if supplier else f"there is no run '{run_id}'"
        raise UnknownRun(f"{no_run}; leadline report names those there are")
    return found


def _trace_run(hub: Hub, connection: Connection, supplier: str, run_id: str) -> dict[str, Any]:
    (about,) = _rows(connection, run, supplier, run_id)

    def rows(statement: str) -> list[dict[str, Any]]:
        return rows_of(hub, connection, statement, supplier=supplier, run_id=run_id)

    outcomes: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows("trace_run_outcomes"):
        outcomes[row["batch"]][row["outcome"]] = row["receipts"]
    batches = rows("trace_run_batches")
    for batch in batches:
        batch["outcomes"] = outcomes.get(batch["batch"], {})
    return {
        "supplier": supplier,
        **about,
        "pulls": _rows(connection, pull, supplier, run_id),
        "files": rows("trace_run_files"),
        "batches": batches,
        "decisions": rows("trace_run_decisions"),
        "leads": rows("trace_run_leads"),
        "deliveries": rows("trace_run_deliveries"),
        "write_backs": rows("trace_run_writebacks"),
        "read_back": rows("trace_run_changes"),
        "told": rows("trace_run_told"),
        "problems": [
            *({"step": "file", **row} for row in rows("trace_run_files") if row["error"]),
            *({"step": "check", **row} for row in rows("trace_run_quarantined")),
            *({"step": "route", **row} for row in rows("trace_run_unassigned")),
            *({"step": "push", **row} for row in rows("trace_run_undelivered")),
            *({"step": "write_back", **row} for row in rows("trace_run_unwritten")),
            *({"step": "tell", **row} for row in rows("trace_run_untold")),
        ],
        "incidents": _rows(connection, incident, supplier, run_id),
        "findings": _rows(connection, finding, supplier, run_id),
    }


def _rows(connection: Connection, table: Table, supplier: str, run_id: str) -> list[dict[str, Any]]:
    statement = (
        select(table)
        .where(table.c.supplier == supplier, table.c.run_id == run_id)
        .order_by(*table.primary_key.columns)
    )
    leave_out = () if table is run else ("run_id",)
    return [shown(row, leave_out) for row in connection.execute(statement).mappings()]
