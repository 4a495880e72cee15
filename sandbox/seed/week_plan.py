"""What partners do with their leads in a week: which lead, which kind of thing, on which day.

Chosen from the seed alone. Only people with one lead at a supplier are touched, so that what happens to a
CRM record happens to one lead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from sandbox.orgs import REPS, rep_email
from sandbox.seed.channel import make_channel
from sandbox.seed.channel_partners import STATUS_WORDS, ChannelPartner
from sandbox.seed.dice import Dice
from sandbox.seed.plan import NUMBER, Distributed, make_plan

DAYS = 7
SHARE = 18
"""So many of a hundred records of a tenant are touched."""

_STATUS = ("contacted", "unqualified", "parked", "unknown_status")
_DEALS = ("qualified", "won", "lost", "matched")
_ANYWHERE = ("rep", "profile", "custom_field")
_ACTIVITIES = ("call", "meeting")
KINDS = (
    *_STATUS, *_DEALS, *_ANYWHERE, *_ACTIVITIES, "deleted", "rejected", "deleted_after", "role_owner",
)  # fmt: skip

REASONS = ("Not our machines", "Duplicate of ours", None)


@dataclass(frozen=True)
class Deal:
    """An opportunity: `outcome` open, won or lost; `probability` in percent before anybody rounds it."""

    name: str
    amount: str
    close_date: str
    probability: int
    outcome: str


@dataclass(frozen=True)
class Touch:
    """One thing that happens to one lead at its partner; it begins on `day` (0 to 6).

    Attributes:
        table: lead or contact.
        values: What is changed, by our field names.
        rep: Name and e-mail of the new owner.
        reason: Why a lead was deleted, if somebody said.
    """

    day: int
    vendor: str
    tenant: str
    table: str
    kind: str
    lead: Distributed
    values: dict[str, Any] = field(default_factory=dict)
    rep: tuple[str, str] | None = None
    deal: Deal | None = None
    reason: str | None = None

    @property
    def email(self) -> str:
        """Return whose record it is."""
        return str(self.lead.lead["email"])

    def steps(self) -> Iterator[tuple[int, str]]:
        """Yield day and step; an opportunity is opened, moved a day later, and perhaps closed another."""
        yield self.day, self.kind if self.deal is None else "open"
        if self.deal is not None:
            yield self.day + 1, "move"
            if self.deal.outcome != "open":
                yield self.day + 2, "close"
            if self.kind == "deleted_after":
                yield self.day + 2, "delete"


@cache
def make_week() -> tuple[Touch, ...]:
    """Return all touches, by tenant and then in the order in which they were drawn."""
    touches: list[Touch] = []
    for number, (tenant, leads) in enumerate(sorted(_by_tenant().items())):
        touches += _touch(Dice(NUMBER + 100 + number), tenant, leads)
    return tuple(touches)


def _pushed() -> Iterable[Distributed]:
    plan, channel = make_plan(), make_channel()
    return [*plan.acme_leads, *plan.globex_leads.values(), *channel.everything()]


def _by_tenant() -> dict[str, list[Distributed]]:
    """Return the pushed leads that may be touched, by tenant."""
    pushed = list(_pushed())
    times = Counter((one.supplier, one.lead["email"]) for one in pushed)
    # Two records of Globex's that became one lead: an opportunity hangs on one of them only.
    members = make_plan().globex.members
    merged = {one.lead.lead["email"] for one in members if one.lead.kind.startswith("same_mail")}
    found: dict[str, list[Distributed]] = {}
    for one in pushed:
        # A record that was there before the lead came has no value yet that a change could be seen by.
        if one.partner is None or one.push != "created":
            continue
        email = one.lead["email"]
        if times[one.supplier, email] == 1 and email not in merged and one.lead["phone"]:
            found.setdefault(one.partner.org, []).append(one)
    return found


def _touch(dice: Dice, tenant: str, leads: list[Distributed]) -> Iterator[Touch]:
    partner = leads[0].partner
    vendor = partner.vendor if isinstance(partner, ChannelPartner) else "salesforce"
    table = "contact" if partner is not None and partner.record_as == "contact" else "lead"
    kinds = _kinds(vendor, table, tenant)
    count = max(len(leads) * SHARE // 100, len(kinds))
    for place, lead in enumerate(dice.shuffled(leads)[:count]):
        yield _one(dice, vendor, tenant, table, kinds[place % len(kinds)], lead)


def _kinds(vendor: str, table: str, tenant: str) -> tuple[str, ...]:
    if vendor == "saleslink":
        pending = tenant == "k002"  # accepted leads of the other one can no longer be rejected
        deleted = ("deleted_after", *("rejected",) * 3) if pending else ("deleted_after",)
        return (*_DEALS, *deleted, *_ANYWHERE, "role_owner")
    if table == "contact":
        return (*_ANYWHERE, *_ACTIVITIES, *_DEALS, "deleted")
    account = {"salesforce": "sf", "dynamics": "dyn"}[vendor] + f"-{tenant}"
    parked = "Parked" in STATUS_WORDS.get(account, {})
    status = [kind for kind in _STATUS if kind != "parked" or parked]
    return (*status, *_ANYWHERE, *_ACTIVITIES, *_DEALS, "deleted")


def _one(dice: Dice, vendor: str, tenant: str, table: str, kind: str, lead: Distributed) -> Touch:
    day = dice.below(DAYS)
    values: dict[str, Any] = {}
    rep, deal, reason = None, None, None
    if kind == "rep":
        rep = _rep(dice, vendor, tenant)
    elif kind == "profile":
        phone = lead.lead["phone"]
        values = {"phone": phone[:-1] + str((int(phone[-1]) + 1) % 10), "title": "Head of Procurement"}
    elif kind == "custom_field":
        values = _custom(vendor, lead)
    elif kind in (*_DEALS, "deleted_after"):
        day = dice.below(DAYS - 2)
        deal = _deal(dice, kind, lead)
    elif kind == "rejected":
        reason = dice.pick(REASONS)
    return Touch(day, vendor, tenant, table, kind, lead, values, rep, deal, reason)


def _rep(dice: Dice, vendor: str, tenant: str) -> tuple[str, str]:
    if vendor == "salesforce":
        first, last, _ = dice.pick(REPS)
        return f"{first} {last}", rep_email(tenant, first, last)
    if vendor == "dynamics":
        return "Rep Two", f"rep.two@{tenant}.example"
    return "Robin Vance", f"robin.vance@{tenant}.example"


def _custom(vendor: str, lead: Distributed) -> dict[str, Any]:
    if vendor == "dynamics":
        return {
            "products": ["Routers", "Cloud"] if lead.lead["products"] != ["Routers", "Cloud"] else ["Storage"]
        }
    name, *wishes = {
        "acme": ("timeframe", "6-12 months", "0-3 months"),
        "hooli": ("urgency", "This year", "Now"),
    }.get(lead.supplier, ("tier_need", "Premium", "Plus"))
    return {name: next(wish for wish in wishes if wish != lead.lead[name])}


def _deal(dice: Dice, kind: str, lead: Distributed) -> Deal:
    serial = "".join(letter for letter in lead.lead["email"].partition("@")[0] if letter.isdigit())
    close = date(2026, 12, 1) + timedelta(days=dice.below(120))
    outcome = kind if kind in ("won", "lost") else "open"
    probability = {"won": 100, "lost": 0}.get(outcome, dice.pick((5, 10, 20, 30, 45, 60, 75, 80, 90)))
    amount = f"{dice.between(5, 400) * 250}.00"
    return Deal(f"Deal {serial} {lead.lead['company']}"[:100], amount, f"{close}", probability, outcome)
