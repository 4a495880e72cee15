"""Rows of the hub as values that print: times in ISO 8601, JSON text as what it holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from leadline.errors import UnknownSupplier
from leadline.hub import Hub
from leadline.runs import from_us

# Columns under the names that people read elsewhere (report, simulate, the console).
_SHOWN = {
    "lead_id": "lead",
    "run_id": "run",
    "batch_id": "batch",
    "partner_id": "partner",
    "account_id": "account",
    "assignment_id": "assignment",
    "delivery_id": "delivery",
    "event_id": "event",
    "campaign_key": "campaign",
}
_JSON = {
    "reasons",
    "before",
    "after",
    "body",
    "books",
    "options",
    "attributes",
    "changed",
    "decision",
    "details",
}
_TIMES = {"at", "position", "window_start", "window_end"}


def shown(row: Mapping[Any, Any], leave_out: Iterable[str] = ()) -> dict[str, Any]:
    """Return a row under the names that people read, without `supplier` and the columns left out."""
    hidden = {"supplier", "not_before", "body_hash", "lead_at", "looked_at", "queued", *leave_out}
    return {
        _SHOWN.get(name, name): _shown_value(name, value) for name, value in row.items() if name not in hidden
    }


def rows_of(
    hub: Hub, connection: Connection, statement: str, /, leave_out: Iterable[str] = (), **values: Any
) -> list[dict[str, Any]]:
    """Return the rows of a statement file as `shown` shows them."""
    return [shown(row, leave_out) for row in hub.run(connection, statement, **values).mappings()]


def rows_of_lead(
    connection: Connection,
    table: Table,
    supplier: str,
    lead_id: str,
    order: tuple[str, ...],
    /,
    **shown_as: Any,
) -> list[dict[str, Any]]:
    """Return the rows of a table that are about one lead, in this order."""
    statement = (
        select(table)
        .where(table.c.supplier == supplier, table.c.lead_id == lead_id)
        .order_by(*(table.c[name] for name in order))
    )
    leave_out = ("lead_id", *shown_as.get("leave_out", ()))
    return [shown(row, leave_out) for row in connection.execute(statement).mappings()]


def suppliers_of(hub: Hub, connection: Connection, wanted: str | None) -> list[str]:
    """Return the supplier keys that are asked for: all, or the one named (`acme` or `acme~test`).

    Raises:
        UnknownSupplier: The hub holds nothing of the one that is named.
    """
    known = [row.supplier for row in hub.run(connection, "trace_suppliers")]
    if wanted is None:
        return known
    if wanted not in known:
        there = f"it knows: {', '.join(known)}" if known else "no supplier has had a run yet"
        raise UnknownSupplier(f"the hub holds nothing of '{wanted}'; {there}")
    return [wanted]


def _shown_value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("_at") or name in _TIMES:
        return from_us(value).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if name in _JSON and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:  # plain text is as good a value
            return value
    if name in ("active", "balanced", "source_deleted", "shared", "created") and isinstance(value, int):
        return bool(value)
    return value
