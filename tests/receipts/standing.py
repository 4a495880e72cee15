"""How leads stand before and after rows are received."""

from __future__ import annotations

import json

from sqlalchemy import update

from leadline.hub.schema import lead


def history(intake, lead_id=None):
    """Return (kind, before, after) of the hub's history, received lines left out."""
    where = {"lead_id": lead_id} if lead_id else {}
    lines = intake.rows("history", "at", "kind", "before", "after", **where)
    return [
        (kind, json.loads(before or "{}"), json.loads(after or "{}"))
        for _, kind, before, after in lines
        if kind != "received"
    ]


def decide(intake, status: str) -> None:
    """Let every lead have been decided on, and stand so."""
    with intake.hub.transaction() as connection:
        connection.execute(
            update(lead).values(
                status=status, decision="unassigned" if status == "unassigned" else "assigned"
            )
        )
