"""Routing in the hub: what is written, in which order, and that nothing is written twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from leadline.hub import Hub
from leadline.hub.schema import assignment, delivery, history, lead, rotation, routing_decision, routing_trace
from leadline.mapping.model import SupplierMapping
from leadline.routing.work import route_waiting

from .conftest import add_leads, add_partners, condition, make_partner, rule

COUNTRY = rule("country", [condition("lead.country same_as_partner countries")], required=True)


def rows(hub: Hub, table: Any, *columns: str) -> list[tuple[Any, ...]]:
    with hub.reading() as connection:
        return sorted(map(tuple, connection.execute(select(*(table.c[name] for name in columns)))))


def given(hub: Hub) -> list[str]:
    """Return the partners that the leads went to, in the order of the leads."""
    with hub.reading() as connection:
        statement = (
            select(assignment.c.partner_id)
            .join(lead, (lead.c.supplier == assignment.c.supplier) & (lead.c.lead_id == assignment.c.lead_id))
            .where(assignment.c.active)
            .order_by(lead.c.created_at, lead.c.first_batch, lead.c.first_row)
        )
        return list(connection.execute(statement).scalars())
