"""All of the seed data put together: what is written where, and what becomes of every lead."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sandbox.seed import routing
from sandbox.seed.acme_campaigns import USED, CampaignFile, make_campaigns
from sandbox.seed.acme_files import DropFile, make_files
from sandbox.seed.dice import Dice
from sandbox.seed.globex_org import FAULTS, GlobexOrg, SourceMember, make_org
from sandbox.seed.partner_orgs import KNOWN_PER_ORG, KnownRecord, known_record, unrelated_record
from sandbox.seed.partners import PARTNERS, SeedPartner
from sandbox.seed.people import People, Person
from sandbox.seed.records import ExpectedOrg

NUMBER = 20_261_122


@dataclass
class Distributed:
    """One lead of ours and what becomes of it.

    Attributes:
        where: File and line, or the campaign's name.
        campaign: What is known of its campaign; None: it names none, or an unknown one.
        why: In one word, why it went to its partner, or to nobody.
        push: created, updated, linked, refused; none where nothing is pushed.
        shown_to: Tiers of the partners that see the supplier's shared campaigns.
    """

    supplier: str
    where: tuple[str, int | str]
    lead: Person
    campaign: dict[str, Any] | None
    partner: SeedPartner | None
    why: str
    events: int = 0
    push: str = "none"
    shown_to: tuple[str, ...] = ("gold", "silver", "bronze")

    @property
    def status(self) -> str:
        """Return the distribution status it must have."""
        if self.partner is None:
            return "unassigned"
        return "accepted" if self.partner.auto_accept else "pending"

    @property
    def shown_campaign(self) -> str | None:
        """Return the campaign's name, if it is shared and this partner may see it."""
        if self.campaign is None or self.partner is None or not self.campaign["shared"]:
            return None
        if self.partner.tier not in self.shown_to:
            return None
        return str(self.campaign["name"])


@dataclass
class Plan:
    """Everything that is seeded and everything that must come of it."""

    campaign_files: list[CampaignFile]
    files: list[DropFile]
    globex: GlobexOrg
    acme_leads: list[Distributed] = field(default_factory=list)
    globex_leads: dict[tuple[str, str], Distributed] = field(default_factory=dict)
    known: list[KnownRecord] = field(default_factory=list)
    orgs: dict[str, ExpectedOrg] = field(default_factory=dict)

    def pulled(self) -> list[SourceMember]:
        """Return Globex's members that are pulled, in the order of their newest stamp."""
        members = [one for one in self.globex.members if one.campaign.chosen and not one.lead.converted]
        return sorted(members, key=lambda one: max(one.place, one.lead.touched or 0))


@cache
def make_plan() -> Plan:
    """Return the plan; the same every time."""
    dice = Dice(NUMBER)
    people = People(dice, 1000)
    campaign_files = make_campaigns(dice)
    rows = [row for file in campaign_files for row in file.rows]
    good = [row.campaign for row in rows if not row.reasons]
    bad = [row.campaign for row in rows if row.reasons]
    # Some leads name a campaign that nobody knows, or one whose row was refused.
    codes = [one["code"] for one in good[:USED]] + ["C-9999", bad[0]["code"]]
    plan = Plan(campaign_files, make_files(dice, people, codes), make_org(dice, people))
    _route_acme(plan, {one["code"]: one for one in good})
    _route_globex(plan)
    _choose_known(plan)
    _push(plan)
    return plan


def _route_acme(plan: Plan, campaigns: dict[str, dict[str, Any]]) -> None:
    by_name = {partner.name: partner for partner in PARTNERS}
    rotation = routing.SeedRotation()
    for file in plan.files:
        for row in file.rows:
            if row.outcome != "new" or row.lead is None:
                continue
            named = by_name.get(row.lead["partner_name"])
            decision = routing.decide(row.lead, routing.ACME_RULES, rotation, named, None)
            campaign = campaigns.get(row.lead["campaign_code"])
            where = (file.name, row.line)
            lead = Distributed("acme", where, row.lead, campaign, decision.partner, decision.why)
            lead.shown_to = ("gold", "silver")
            plan.acme_leads.append(lead)


def _route_globex(plan: Plan) -> None:
    for member in plan.pulled():
        if member.lead.kind in FAULTS or member.lead.kind == "excluded":
            continue
        key = (member.lead.lead["email"], member.campaign.name)
        if key in plan.globex_leads:
            plan.globex_leads[key].lead = member.lead.lead  # the newer record of the same person
            continue
        campaign = {"name": member.campaign.name, "shared": member.campaign.shared}
        plan.globex_leads[key] = Distributed(
            "globex", ("", member.campaign.name), member.lead.lead, campaign, None, "", member.lead.activities
        )
    by_id = {partner.id: partner for partner in PARTNERS}
    rotation = routing.SeedRotation()
    for one in plan.globex_leads.values():
        named = by_id.get(one.lead["assigned_partner"])
        decision = routing.decide(one.lead, routing.GLOBEX_RULES, rotation, named, by_id["P010"])
        one.partner, one.why = decision.partner, decision.why


def _choose_known(plan: Plan) -> None:
    emails = Counter(one.lead["email"] for one in plan.acme_leads)
    number = 0
    for partner in PARTNERS:
        theirs = [
            one.lead
            for one in plan.acme_leads
            if one.partner is partner
            and one.lead["phone"]
            and one.lead["timeframe"] != "Unknown"
            and emails[one.lead["email"]] == 1
        ]
        object_ = "Contact" if partner.record_as == "contact" else "Lead"
        wanted = ["known"] * KNOWN_PER_ORG
        if partner.record_as == "contact":
            wanted += ["other_object"]
        if partner.id == "P007":
            wanted += ["converted", "same_phone", "same_phone"]
        # Spread over all that they get, not the first ones only.
        step = max(1, len(theirs) // (len(wanted) + 1))
        for place, why in enumerate(wanted):
            number += 1
            kind = "Lead" if why == "other_object" else object_
            plan.known.append(known_record(partner.org, kind, why, theirs[place * step], number))
        number += 1
        plan.known.append(unrelated_record(partner.org, number))


def _push(plan: Plan) -> None:
    for partner in PARTNERS:
        org = ExpectedOrg(partner)
        for known in plan.known:
            if known.org == partner.org:
                org.start_with(known)
        plan.orgs[partner.org] = org
        for one in [*plan.acme_leads, *plan.globex_leads.values()]:
            if one.partner is partner and one.status == "accepted":
                one.push = org.push(one.supplier, one.lead, one.shown_campaign, one.events)
