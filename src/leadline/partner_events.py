"""What happened on records in the partner's CRM, kept as the partner's events of their leads, once each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import Connection

from leadline.hub import Hub
from leadline.hub.keys import digest
from leadline.ports import CrmActivity, with_storable_texts
from leadline.runs import RunContext, to_us

_COLUMNS = ("event_id", "lead_id", "type", "occurred_at", "body", "subject", "opportunity_id")

Place = tuple[str, str | None]
"""(lead id, opportunity id) of what an activity happened on."""


def keep_activities(
    hub: Hub,
    ctx: RunContext,
    account_id: str,
    activities: Iterable[CrmActivity],
    places: Mapping[str, Sequence[Place]],
    finish: Callable[[Connection], None] | None = None,
) -> int:
    """Keep activities that are not ours and not kept yet; return how many are new.

    Args:
        places: By the CRM's record id; an activity on anything else is left.
        finish: Run in the same transaction, such as moving the cursor.
    """
    rows = {}
    for one in map(with_storable_texts, activities):
        if one.key is not None:
            continue
        at = to_us(one.occurred_at) if one.occurred_at else None
        for lead_id, opportunity_id in places.get(one.record_id, ()):
            event_id = digest(ctx.supplier, "crm", account_id, one.activity_id, lead_id)
            rows[event_id] = (event_id, lead_id, one.type, at, one.body, one.subject, opportunity_id)
    with hub.transaction(ctx.supplier) as connection:
        new = 0
        if rows:
            hub.load(connection, "event", _COLUMNS, rows.values())
            new = hub.run(connection, "event_partner_keep", supplier=ctx.supplier, run_id=ctx.run_id).rowcount
        if finish is not None:
            finish(connection)
    return int(new)
