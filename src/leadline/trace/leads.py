"""The whole history of a lead: where it came from, why it went where it is, what was sent and written."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from leadline.hub import Hub
from leadline.hub.keys import email_key
from leadline.hub.schema import (
    assignment,
    crm_record,
    delivery,
    event,
    event_write,
    history,
    lead,
    opportunity,
    opportunity_write,
    source_link,
    writeback,
)
from leadline.routing.explaining import read_traces
from leadline.trace.rows import rows_of, rows_of_lead, shown, suppliers_of

_AT_ONCE = {
    kind: place
    for place, kind in enumerate(
        ("received", "source_linked", "updated", "rejected", "rerouted", "assigned", "unassigned", "accepted")
    )
}
"""Kinds of history that one commit may write together, by the order of what they tell."""


def find_leads(
    hub: Hub, connection: Connection, wanted: str, supplier: str | None = None
) -> list[tuple[str, str]]:
    """Return (supplier key, lead id) of the leads that are known by this, oldest first in each supplier.

    Args:
        hub: Where the statements are.
        connection: What to read by.
        wanted: An e-mail address; the id of a lead, an assignment or a delivery; the source's or a CRM's id
            of a record; of a row of a file, its name and line as `leads.csv:3`.
        supplier: Only this supplier key.

    Raises:
        UnknownSupplier: The hub holds nothing of the supplier that is named.
    """
    found: list[tuple[str, str]] = []
    for key in suppliers_of(hub, connection, supplier):
        values = {"supplier": key, "wanted": wanted.strip(), "email": email_key(wanted)}
        found += [(key, row.lead_id) for row in hub.run(connection, "trace_find_leads", **values)]
    return found


def trace_leads(hub: Hub, wanted: str, supplier: str | None = None) -> list[dict[str, Any]]:
    """Return the whole history of each lead that is known by this, grouped by supplier key.

    Args:
        hub: Where to look; it is only read.
        wanted: As for `find_leads`.
        supplier: Only this supplier key; leads of all suppliers if not given.
    """
    with hub.reading() as connection:
        return [
            _trace_lead(hub, connection, key, lead_id)
            for key, lead_id in find_leads(hub, connection, wanted, supplier)
        ]


def _trace_lead(hub: Hub, connection: Connection, supplier: str, lead_id: str) -> dict[str, Any]:
    row = (
        connection.execute(select(lead).where(lead.c.supplier == supplier, lead.c.lead_id == lead_id))
        .mappings()
        .one()
    )
    about = shown(row, ("email_key", "merge_key", "fingerprint", "attributes", "partner_changes"))
    about["fields"] = dict(sorted(row["attributes"].items()))  # each database has an order of its own
    return {
        "supplier": supplier,
        **about,
        "sources": rows_of_lead(
            connection,
            source_link,
            supplier,
            lead_id,
            ("first_seen_at", "identity"),
            leave_out=("fingerprint", "written_hash"),
        ),
        "receipts": rows_of(hub, connection, "trace_lead_receipts", supplier=supplier, lead_id=lead_id),
        "decisions": _decisions(hub, connection, supplier, lead_id),
        "assignments": rows_of_lead(connection, assignment, supplier, lead_id, ("attempt",)),
        "deliveries": _deliveries(connection, supplier, lead_id),
        "write_backs": rows_of_lead(connection, writeback, supplier, lead_id, ("identity", "sequence")),
        "events": rows_of_lead(connection, event, supplier, lead_id, ("occurred_at", "event_id")),
        "event_writes": rows_of_lead(connection, event_write, supplier, lead_id, ("event_id", "identity")),
        "opportunities": rows_of_lead(
            connection,
            opportunity,
            supplier,
            lead_id,
            ("first_seen_at", "opportunity_id"),
            leave_out=("written_hash",),
        ),
        "opportunity_writes": rows_of_lead(
            connection, opportunity_write, supplier, lead_id, ("opportunity_id", "sequence")
        ),
        "history": _history(connection, supplier, lead_id),
    }


def _history(connection: Connection, supplier: str, lead_id: str) -> list[dict[str, Any]]:
    """Return every line as it came: what one step did at one moment, in the order in which a step works."""
    lines = rows_of_lead(connection, history, supplier, lead_id, ("at", "event_id"), leave_out=("event_id",))
    return sorted(lines, key=lambda line: (line["at"], _AT_ONCE.get(line["kind"], len(_AT_ONCE))))


def _decisions(hub: Hub, connection: Connection, supplier: str, lead_id: str) -> list[dict[str, Any]]:
    """Return every routing decision with the trace that a person can read."""
    return [shown(decision) for decision in read_traces(hub, connection, supplier, lead_id)]


def _deliveries(connection: Connection, supplier: str, lead_id: str) -> list[dict[str, Any]]:
    """Return every delivery with what was decided and the CRM record it became."""
    statement = (
        select(delivery, crm_record.c.record_id, crm_record.c.object, crm_record.c.created)
        .outerjoin(
            crm_record,
            (crm_record.c.supplier == delivery.c.supplier)
            & (crm_record.c.account_id == delivery.c.account_id)
            & (crm_record.c.assignment_id == delivery.c.assignment_id),
        )
        .where(delivery.c.supplier == supplier, delivery.c.lead_id == lead_id)
        .order_by(delivery.c.queued_at, delivery.c.assignment_id, delivery.c.sequence)
    )
    found = []
    for row in connection.execute(statement).mappings():
        line = shown(row, ("lead_id", "decision", "created"))
        decided = shown({"decision": row["decision"]})["decision"] or {}
        # What was decided is forgotten once it is sent; then the record says what it was.
        made = "create" if row["created"] and row["sequence"] == 1 else "update"
        line["operation"] = decided.get("operation") or (made if row["state"] == "sent" else None)
        line["object"] = row["object"] or decided.get("object")
        line["record_id"] = row["record_id"] or decided.get("record_id")
        line["fields"] = sorted(decided.get("fields", {}))
        found.append(line)
    return found
