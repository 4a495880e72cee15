"""What the supplier's system refuses, for an operator to look at: each thing once, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import Row

from leadline.hub import Hub, now_us
from leadline.ports import CheckFinding

RECORD_GONE, LEAD_GONE = "RECORD_GONE", "LEAD_GONE"
"""Codes of refused opportunities: their record was deleted there, or the lead that it would belong to."""
_DEALS = {RECORD_GONE: "opportunity_gone", LEAD_GONE: "opportunity_lead_gone"}
EVENTS_LISTED = timedelta(days=30)
"""How long a refused event is listed: nothing replaces it, so it would stand for ever."""


def findings_of(hub: Hub, supplier: str) -> list[CheckFinding]:
    """Return what the supplier's system refused last: status by reason, events by reason, opportunities."""
    since = now_us() - EVENTS_LISTED // timedelta(microseconds=1)
    with hub.reading() as connection:
        status = hub.run(connection, "writeback_refused", supplier=supplier).all()
        events = hub.run(connection, "event_write_refused", supplier=supplier, since=since).all()
        deals = hub.run(connection, "opportunity_refused", supplier=supplier).all()
    return [
        *_by_reason("status_refused", "status", "what was refused goes again when its lead changes", status),
        *_by_reason("event_refused", "events", "what was refused is not told again", events),
        *map(_of_opportunity, deals),
    ]


def _by_reason(
    code: str, what: str, then: str, rows: Sequence[Row[tuple[object, ...]]]
) -> Iterator[CheckFinding]:
    for row in rows:
        reason = row.vendor_code or "no code"
        # No count: a number that changes would be another finding every day.
        message = (
            f"the supplier's system refuses {what} with {reason}, such as of lead {row.lead_id} (leadline "
            f"trace); compare its record and write_back in the mapping with what the system takes; {then}"
        )
        yield CheckFinding(code, reason, message, "warning")


def _of_opportunity(row: Row[tuple[object, ...]]) -> CheckFinding:
    code = _DEALS.get(row.vendor_code, "opportunity_refused")
    return CheckFinding(code, row.opportunity_id, _complaint(row), "warning")


def _complaint(row: Row[tuple[object, ...]]) -> str:
    if row.vendor_code == RECORD_GONE:
        return (
            f"the record of opportunity {row.opportunity_id} was deleted in the supplier's system; it is "
            "not made again: restore it there, or leave it"
        )
    if row.vendor_code == LEAD_GONE:
        return (
            f"opportunity {row.opportunity_id} has no record in the supplier's system, for its lead is no "
            "longer there: restore the lead and it is told with its next change, or leave it"
        )
    where = f" at field {row.vendor_field}" if row.vendor_field else ""
    return (
        f"the supplier's system refuses opportunity {row.opportunity_id} with {row.vendor_code}{where}; "
        "look at write_back.opportunities in the mapping"
    )
