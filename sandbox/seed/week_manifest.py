"""What every supplier must have been told after the week, lead by lead.

From the specification (domain.md §3, §8, §9): a status that is mapped changes the sales status, another
one changes nothing; an opportunity makes it qualified; a deletion in Saleslink rejects a pending lead, any
opportunity accepts it and beats a deletion; a deletion elsewhere changes nothing. What the specification
leaves open is not expected: the part is left out.
"""

from __future__ import annotations

from typing import Any

from sandbox.seed.outcomes import Json
from sandbox.seed.week_plan import KINDS, Touch, make_week

STEPS = (10, 25, 50, 75, 100)
"""Percentages that suppliers have configured for their opportunities."""

TAKEN_BACK = {
    "globex": ("title", "phone", "products", "tier_need"),
    "initech": ("phone",),
    "umbrella": ("phone",),
}
"""Supplier -> fields of ours that partners may change there."""

WITH_RECORDS = ("globex", "initech", "umbrella")
"""Suppliers that keep events and opportunities; files carry statuses only."""

_SALES = {
    "contacted": "contacted",
    "unqualified": "unqualified",
    "parked": "nurture",
    "rejected": "unqualified",
    **dict.fromkeys(("qualified", "won", "lost"), "qualified"),
}
_EVENTS = {"call": 1, "meeting": 2}


def week_manifest() -> Json:
    """Return the expectations by supplier, and how often each kind of thing happens."""
    suppliers: dict[str, list[Json]] = {}
    counts = dict.fromkeys(KINDS, 0)
    for touch in make_week():
        counts[touch.kind] += 1
        suppliers.setdefault(touch.lead.supplier, []).append(_told(touch))
    return {"steps": list(STEPS), "kinds": counts, "suppliers": dict(sorted(suppliers.items()))}


def stepped(percent: int) -> int:
    """Return the next configured percentage, which is 100 only for 100."""
    if percent >= 100:
        return 100
    below = [step for step in STEPS if step < 100]
    return next((step for step in below if step >= percent), below[-1])


def _told(touch: Touch) -> Json:
    where: Json
    if touch.lead.supplier in ("acme", "hooli"):
        where = {"file": touch.lead.where[0], "line": touch.lead.where[1]}
    elif touch.lead.supplier == "globex":
        where = {"campaign": touch.lead.where[1]}
    else:
        where = {}
    told = {"email": touch.email, "last_name": touch.lead.lead["last_name"], **where}
    partner = touch.lead.partner.id if touch.lead.partner else None
    return {**told, "tenant": touch.tenant, "partner": partner, "kind": touch.kind, "expect": _expect(touch)}


def _expect(touch: Touch) -> Json:
    expect: Json = {"status": _status(touch), "sales": _SALES.get(touch.kind, "open")}
    shares = touch.lead.partner.opportunities if touch.lead.partner else "none"
    enough = ("contact_match",) if touch.kind == "matched" else ("contact_match", "originating")
    pulled = touch.deal is not None and shares in enough
    if touch.kind == "deleted_after" or (touch.kind == "matched" and pulled):
        del expect["sales"]
    if touch.table == "contact" and not pulled and touch.deal is not None:
        expect["sales"] = "open"  # a contact has no status of its own
    if touch.vendor == "saleslink" and touch.kind == "rejected":
        expect["reason"] = touch.reason or "Deleted in Saleslink"
    if touch.rep is not None:
        expect["rep_name"], expect["rep_email"] = touch.rep
    elif touch.kind == "role_owner":
        expect["rep_email"] = None
    supplier = touch.lead.supplier
    if supplier in WITH_RECORDS:
        expect["events"] = _EVENTS.get(touch.kind, 0)
        expect["opportunity"] = _opportunity(touch) if pulled else None
        expect["fields"] = {
            name: value for name, value in touch.values.items() if name in TAKEN_BACK[supplier]
        }
    return expect


def _status(touch: Touch) -> str:
    if touch.kind == "rejected":
        return "rejected"
    own_deal = touch.deal is not None and touch.kind != "matched"
    if touch.vendor == "saleslink" and own_deal:
        return "accepted"
    return touch.lead.status


def _opportunity(touch: Touch) -> dict[str, Any]:
    deal = touch.deal
    if deal is None:
        raise ValueError(f"a touch of the kind '{touch.kind}' has no opportunity")
    told: dict[str, Any] = {"name": deal.name, "status": deal.outcome, "amount": float(deal.amount)}
    if deal.outcome == "open":
        told |= {"probability": float(stepped(deal.probability)), "close_date": deal.close_date}
    elif deal.outcome == "won":
        told["probability"] = 100.0
    return told
