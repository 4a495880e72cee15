"""What lies in the systems of initech (Marketo) and umbrella (Eloqua): people, campaigns, hand-overs.

A hand-over is one lead of ours: somebody who was handed over twice is two, somebody who never was is none.
The order of the list is the order in time. How values look in a vendor's system is for `fill_*` to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sandbox.seed.channel_partners import INITECH, UMBRELLA, partners_of
from sandbox.seed.dice import Dice
from sandbox.seed.people import People, Person
from sandbox.seed.places import COUNTRIES

ONCE = 1_760
TWICE, NOT_HANDED, EXCLUDED, PREASSIGNED, UNKNOWN_PARTNER, ACTIVITIES = 150, 80, 60, 60, 22, 60
FAULTY = 21
"""People with each kind of fault."""

TIERS = ("Basic", "Plus", "Premium")
RATINGS = ("Hot", "Warm", "Cold")

_ANYWHERE: dict[str, tuple[str, str]] = {
    "bad_email": ("email", "email"),
    "missing_last_name": ("last_name", "required"),
    "missing_company": ("company", "required"),
    "missing_country": ("country", "required"),
    "bad_country": ("country", "country"),
    "bad_phone": ("phone", "phone"),
    "bad_select": ("tier_need", "values"),
    "bad_multiselect": ("products", "values"),
    "bad_rating": ("internal_rating", "values"),
}
FAULTS: dict[str, dict[str, tuple[str, str]]] = {
    INITECH: {"missing_email": ("email", "required"), **_ANYWHERE},
    UMBRELLA: {**_ANYWHERE, "bad_boolean": ("demo_requested", "type")},
}
"""Supplier -> kind of fault -> field and rule. Typed fields of a system cannot hold a wrong value."""

_SPOILED: dict[str, tuple[Any, ...]] = {
    "missing_email": (None,),
    "bad_email": ("b..c@firm.example", "x@@y.example", "@nobody.example"),  # both vendors want an @
    "missing_last_name": (None,),
    "missing_company": (None,),
    "missing_country": (None,),
    "bad_country": ("Atlantis", "Europe", "ZZ"),
    "bad_phone": ("ask the desk", "+49 1", "n/a"),
    "bad_select": ("Gold", "Tier 9"),
    "bad_multiselect": ("Toasters", "Clouds"),
    "bad_rating": ("Boiling", "7"),
    "bad_boolean": ("perhaps", "2"),
}
_TABLE: dict[str, tuple[tuple[str, str, bool], ...]] = {
    INITECH: (
        ("TPS Webinar", "Cloud", True),
        ("Red Stapler Giveaway", "Storage", True),
        ("Firewall Clinic", "Security", True),
        ("Branch Office Tour", "Networking", False),
        ("Year 2000 Review", "Security", False),
        ("Switch Upgrade", "Networking", True),
    ),
    UMBRELLA: (
        ("Partner Network Day", "Networking", True),
        ("Partner Hive Briefing", "Cloud", True),
        ("Partner Antivirus Forum", "Security", False),
        ("Partner Raccoon City Expo", "Wireless", True),
        ("Partner Storage Vault", "Storage", False),
    ),
}


@dataclass(frozen=True)
class HandedCampaign:
    """A program or campaign; `shared`: partners may see it."""

    number: int
    name: str
    theme: str
    shared: bool
    starts_on: str
    ends_on: str
    description: str


@dataclass
class HandedPerson:
    """One record of the system.

    Attributes:
        lead: As it is meant, by our field names.
        written: As it stands in the system, by our field names: country and phone as somebody typed them.
        activities: How many activities it has besides its hand-overs.
    """

    number: int
    lead: Person
    kind: str
    written: dict[str, Any]
    activities: int = 0


@dataclass(frozen=True)
class Handover:
    """One hand-over; `place` is its place in time."""

    place: int
    person: HandedPerson
    campaign: HandedCampaign


@dataclass
class HandedSource:
    """All of it."""

    supplier: str
    campaigns: list[HandedCampaign]
    people: list[HandedPerson] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)

    def outcome(self, person: HandedPerson) -> tuple[str, list[tuple[str, str]]]:
        """Return what becomes of this person's rows: new, quarantined (with reasons) or filtered."""
        if person.kind in FAULTS[self.supplier]:
            return "quarantined", [FAULTS[self.supplier][person.kind]]
        return ("filtered" if person.kind == "excluded" else "new"), []


def make_source(supplier: str, dice: Dice, people: People) -> HandedSource:
    """Return what lies in the system of this supplier."""
    source = HandedSource(supplier, _campaigns(supplier))
    special = {
        "twice": TWICE,
        "not_handed": NOT_HANDED,
        "excluded": EXCLUDED,
        "preassigned": PREASSIGNED,
        "unknown_partner": UNKNOWN_PARTNER,
        "activities": ACTIVITIES,
        **dict.fromkeys(FAULTS[supplier], FAULTY),
    }
    kinds = [kind for kind, count in special.items() for _ in range(count)]
    kinds = dice.shuffled(kinds + ["plain"] * ONCE)
    again: list[HandedPerson] = []
    for kind in kinds:
        person = _person(supplier, dice, people, len(source.people), kind)
        source.people.append(person)
        if kind == "not_handed":
            continue
        source.handovers.append(Handover(len(source.handovers), person, dice.pick(source.campaigns)))
        if kind == "twice":
            again.append(person)
    # The second time is later than every first one, and in another campaign.
    first = {one.person.number: one.campaign for one in source.handovers}
    for person in again:
        others = [one for one in source.campaigns if one is not first[person.number]]
        source.handovers.append(Handover(len(source.handovers), person, dice.pick(others)))
    return source


def _campaigns(supplier: str) -> list[HandedCampaign]:
    found = []
    for place, (name, theme, shared) in enumerate(_TABLE[supplier]):
        start = date(2026, 2, 9) + timedelta(days=23 * place)
        end = start + timedelta(days=30)
        text = f"{name}: who came, and why"
        number = 1001 + place if supplier == INITECH else 31 + place
        found.append(HandedCampaign(number, name, theme, shared, f"{start}", f"{end}", text))
    return found


def _person(supplier: str, dice: Dice, people: People, number: int, kind: str) -> HandedPerson:
    lead = people.make()
    demo = dice.chance(40)
    lead |= {
        "mobile": None,
        "website": None,
        "tier_need": dice.pick(TIERS) if dice.chance(80) else None,
        "demo_requested": demo,
        "demo_date": f"{date(2026, 12, 1) + timedelta(days=dice.below(90)):%Y-%m-%d}" if demo else None,
        "budget": dice.between(1, 90) * 1000 if dice.chance(50) else None,
        "internal_rating": dice.pick(RATINGS) if dice.chance(60) else None,
        "comments": "I would like an offer" if supplier == UMBRELLA else None,
        "assigned_partner": None,
    }
    if kind == "preassigned":
        lead["assigned_partner"] = dice.pick(partners_of(supplier)).id
    elif kind == "unknown_partner":
        lead["assigned_partner"] = dice.pick(("P001", "Kestrel Networks", "X9"))
    written = dict(lead)
    written["country"] = dice.pick(next(one for one in COUNTRIES if one.code == lead["country"]).written)
    phone = lead["phone"]
    if phone and dice.chance(50):
        written["phone"] = f"{phone[:3]} {phone[3:6]} {phone[6:]}"
    written["products"] = ";".join(lead["products"]) if lead["products"] else None
    written["excluded"] = kind == "excluded"
    if kind in FAULTS[supplier]:
        written[FAULTS[supplier][kind][0]] = dice.pick(_SPOILED[kind])
    activities = dice.between(1, 3) if kind == "activities" else 0
    return HandedPerson(number, lead, kind, written, activities)
