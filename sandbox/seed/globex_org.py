"""What lies in Globex's org: campaigns, leads, who is in which campaign, and what was talked about.

The order of the list is the order in time: everything is written at its place in three days.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sandbox.seed.dice import Dice
from sandbox.seed.partners import PARTNERS
from sandbox.seed.people import People, Person
from sandbox.seed.places import COUNTRIES

ALONE = 2_250
"""Leads in one of the chosen campaigns; the groups below are taken from them."""

IN_TWO_CAMPAIGNS, NOT_CHOSEN, EXCLUDED, CONVERTED, PREASSIGNED, UNKNOWN_PARTNER = 160, 80, 100, 22, 60, 22
SAME_MAIL = 25
"""Pairs of lead records with one e-mail, both in the same campaign."""

FAULTY = 22
FAULTS = {
    "missing_email": ("email", "required"),
    "missing_country": ("country", "required"),
    "bad_country": ("country", "country"),
    "bad_phone": ("phone", "phone"),
    "bad_select": ("tier_need", "values"),
    "bad_multiselect": ("products", "values"),
}
TIERS = ("Basic", "Plus", "Premium")


@dataclass(frozen=True)
class SourceCampaign:
    """A campaign; `chosen`: active and to be distributed."""

    name: str
    theme: str
    chosen: bool
    shared: bool
    values: dict[str, Any]


@dataclass
class SourceLead:
    """A lead record.

    Attributes:
        lead: As it is meant.
        kind: What is special about it.
        written: As it stands in the org, by API name.
        touched: At which place in time it was last changed, if later than made.
        activities: How many tasks it has.
    """

    number: int
    lead: Person
    kind: str
    written: dict[str, Any]
    touched: int | None = None
    activities: int = 0
    converted: bool = False


@dataclass(frozen=True)
class SourceMember:
    """A lead in a campaign; `place` is its place in time."""

    place: int
    lead: SourceLead
    campaign: SourceCampaign
    status: str


@dataclass
class GlobexOrg:
    """All of it."""

    campaigns: list[SourceCampaign]
    leads: list[SourceLead] = field(default_factory=list)
    members: list[SourceMember] = field(default_factory=list)


def make_org(dice: Dice, people: People) -> GlobexOrg:
    """Return the org."""
    org = GlobexOrg(_campaigns())
    chosen = [one for one in org.campaigns if one.chosen]
    others = [one for one in org.campaigns if not one.chosen]
    special = {
        "two_campaigns": IN_TWO_CAMPAIGNS,
        "excluded": EXCLUDED,
        "converted": CONVERTED,
        "preassigned": PREASSIGNED,
        "unknown_partner": UNKNOWN_PARTNER,
        "same_mail": SAME_MAIL,
        "activities": 90,
        **dict.fromkeys(FAULTS, FAULTY),
    }
    kinds = [kind for kind, count in special.items() for _ in range(count)]
    kinds = dice.shuffled(kinds + ["plain"] * (ALONE - len(kinds)) + ["not_chosen"] * NOT_CHOSEN)
    for kind in kinds:
        lead = _lead(dice, people, len(org.leads), kind)
        _join(org, dice, lead, dice.pick(others if kind == "not_chosen" else chosen))
        if kind == "two_campaigns":
            taken = org.members[-1].campaign
            _join(org, dice, lead, dice.pick([one for one in chosen if one is not taken]))
        elif kind == "same_mail":
            _join(org, dice, _again(org, lead), org.members[-1].campaign)
    for lead in org.leads:
        # Some were edited after they had joined: a pull must see that, and in that order.
        if lead.kind == "plain" and dice.chance(5):
            lead.touched = len(org.members) + lead.number
    return org


def _campaigns() -> list[SourceCampaign]:
    table = (
        ("Spring Webinar", "Cloud", True, True), ("Security Summit", "Security", True, True),
        ("Partner Day Munich", "Networking", True, True), ("Storage Refresh", "Storage", True, False),
        ("Healthcare Road Show", "Networking", True, False), ("Wireless Week", "Wireless", True, True),
        ("Trade Fair Hannover", "Networking", True, True), ("White Paper SASE", "Security", True, False),
        ("Internal Beta", "Cloud", False, True), ("Old Newsletter", "Cloud", False, False),
        ("Staff Party", "None", False, False),
    )  # fmt: skip
    campaigns = []
    for place, (name, theme, chosen, shared) in enumerate(table):
        start = date(2026, 2, 1) + timedelta(days=17 * place)
        values = {
            "Name": name,
            # One that is not chosen is inactive, the others are not to be distributed.
            "IsActive": name != "Old Newsletter",
            "Distribute__c": chosen or name == "Old Newsletter",
            "Share_With_Partners__c": shared,
            "Theme__c": theme,
            "StartDate": f"{start:%Y-%m-%d}",
            "EndDate": f"{start + timedelta(days=30):%Y-%m-%d}",
            "Description": f"{name}: what was offered, and to whom",
        }
        campaigns.append(SourceCampaign(name, theme, chosen, shared, values))
    return campaigns


def _lead(dice: Dice, people: People, number: int, kind: str) -> SourceLead:
    lead = people.make()
    demo = dice.chance(40)
    lead |= {
        "mobile": None,
        "website": None,
        "tier_need": dice.pick(TIERS) if dice.chance(80) else None,
        "demo_requested": demo,
        "demo_date": f"{date(2026, 11, 1) + timedelta(days=dice.below(90)):%Y-%m-%d}" if demo else None,
        "budget": dice.between(1, 90) * 1000 if dice.chance(50) else None,
        "internal_rating": dice.pick(("Hot", "Warm", "Cold")) if dice.chance(60) else None,
        "assigned_partner": None,
    }
    if kind == "preassigned":
        lead["assigned_partner"] = dice.pick(PARTNERS).id
    elif kind == "unknown_partner":
        lead["assigned_partner"] = dice.pick(("P099", "Alpine Networks", "X1"))
    made = SourceLead(number, lead, kind, _written(dice, lead))
    if kind in FAULTS:
        _spoil(dice, kind, made.written)
    elif kind == "excluded":
        made.written["Exclude_From_Distribution__c"] = True
    elif kind == "converted":
        made.converted = True
    elif kind == "activities":
        made.activities = dice.between(1, 3)
    return made


def _written(dice: Dice, lead: Person) -> dict[str, Any]:
    written = next(one for one in COUNTRIES if one.code == lead["country"]).written
    phone = lead["phone"]
    return {
        "FirstName": lead["first_name"],
        "LastName": lead["last_name"],
        "Company": lead["company"],
        "Title": lead["title"],
        "Email": lead["email"],
        "Phone": f"{phone[:3]} {phone[3:6]} {phone[6:]}" if phone and dice.chance(50) else phone,
        "Street": lead["street"],
        "City": lead["city"],
        "State": lead["state"],
        "PostalCode": lead["postal_code"],
        "Country": dice.pick(written),
        "Industry": lead["industry"],
        "NumberOfEmployees": lead["employees"],
        "Products__c": ";".join(lead["products"]) if lead["products"] else None,
        "Tier_Need__c": lead["tier_need"],
        "Budget__c": lead["budget"],
        "Demo_Requested__c": lead["demo_requested"],
        "Demo_Date__c": lead["demo_date"],
        "Internal_Rating__c": lead["internal_rating"],
        "Assigned_Partner__c": lead["assigned_partner"],
    }


def _spoil(dice: Dice, kind: str, written: dict[str, Any]) -> None:
    if kind == "missing_email":
        written["Email"] = None
    elif kind == "missing_country":
        written["Country"] = None
    elif kind == "bad_country":
        written["Country"] = dice.pick(("Atlantis", "Europe", "ZZ"))
    elif kind == "bad_phone":
        written["Phone"] = dice.pick(("ask the desk", "+49 1", "n/a"))
    elif kind == "bad_select":
        written["Tier_Need__c"] = dice.pick(("Gold", "Tier 9"))
    elif kind == "bad_multiselect":
        written["Products__c"] = dice.pick(("Routers;Toasters", "Clouds"))


def _again(org: GlobexOrg, lead: SourceLead) -> SourceLead:
    """Return a second record of the same person, whose job title is newer."""
    title = "Vice President IT"
    return SourceLead(
        len(org.leads), {**lead.lead, "title": title}, "same_mail_again", {**lead.written, "Title": title}
    )


def _join(org: GlobexOrg, dice: Dice, lead: SourceLead, campaign: SourceCampaign) -> None:
    if not org.leads or org.leads[-1] is not lead:
        org.leads.append(lead)
    org.members.append(SourceMember(len(org.members), lead, campaign, dice.pick(("Sent", "Responded"))))
