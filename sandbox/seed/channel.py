"""Hooli, initech and umbrella put together: what is written where, and who gets every lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sandbox.seed import routing
from sandbox.seed.acme_campaigns import CampaignFile
from sandbox.seed.acme_files import DropFile
from sandbox.seed.channel_partners import HOOLI, INITECH, SUPPLIERS, UMBRELLA, ChannelPartner, partners_of
from sandbox.seed.channel_push import push_to_salesforce, push_to_tenants
from sandbox.seed.channel_routing import DEFAULT_PARTNER, RULES, SHOWN_TO
from sandbox.seed.dice import Dice
from sandbox.seed.handovers import HandedSource, make_source
from sandbox.seed.hooli_files import make_files, make_promotions
from sandbox.seed.partner_orgs import KnownRecord
from sandbox.seed.people import People
from sandbox.seed.plan import NUMBER, Distributed
from sandbox.seed.records import ExpectedOrg
from sandbox.seed.tenant_records import ExpectedTenant

USED = 15
"""So many of the good promotions have leads."""


@dataclass
class Channel:
    """Everything of the three suppliers that is seeded, and their leads in the order of arrival."""

    promotions: CampaignFile
    files: list[DropFile]
    sources: dict[str, HandedSource]
    leads: dict[str, list[Distributed]] = field(default_factory=lambda: {name: [] for name in SUPPLIERS})
    known: list[KnownRecord] = field(default_factory=list)
    orgs: dict[str, ExpectedOrg] = field(default_factory=dict)
    tenants: dict[str, ExpectedTenant] = field(default_factory=dict)

    def everything(self) -> list[Distributed]:
        """Return the leads of all three."""
        return [one for name in SUPPLIERS for one in self.leads[name]]


@cache
def make_channel() -> Channel:
    """Return it; the same every time."""
    dice = Dice(NUMBER + 1)
    promotions = make_promotions(dice)
    good = {row.campaign["code"]: row.campaign for row in promotions.rows if not row.reasons}
    bad = [row.campaign["code"] for row in promotions.rows if row.reasons]
    codes = [*list(good)[:USED], "HP999", bad[0]]
    files = make_files(dice, People(dice, 20_000), codes)
    sources = {
        name: make_source(name, Dice(NUMBER + 2 + place), People(Dice(NUMBER + 4 + place), first))
        for place, (name, first) in enumerate(((INITECH, 40_000), (UMBRELLA, 60_000)))
    }
    channel = Channel(promotions, files, sources)
    _route_hooli(channel, good)
    for source in sources.values():
        _route_handovers(channel, source)
    channel.known, channel.orgs = push_to_salesforce(channel.everything())
    channel.tenants = push_to_tenants(channel.everything())
    return channel


def _route_hooli(channel: Channel, promotions: dict[str, dict[str, Any]]) -> None:
    partners = partners_of(HOOLI)
    rotation = routing.SeedRotation.among(partners)
    by_dealer = {one.dealer: one for one in partners}
    for file in channel.files:
        for row in file.rows:
            if row.outcome == "new" and row.lead is not None:
                named = by_dealer.get(row.lead["dealer_no"] or "")
                lead = Distributed(
                    HOOLI, (file.name, row.line), row.lead, promotions.get(row.lead["promotion"]), None, ""
                )
                _decide(lead, rotation, named, partners)
                channel.leads[HOOLI].append(lead)


def _route_handovers(channel: Channel, source: HandedSource) -> None:
    partners = partners_of(source.supplier)
    rotation = routing.SeedRotation.among(partners)
    by_id = {one.id: one for one in partners}
    for handover in source.handovers:
        person = handover.person
        if source.outcome(person)[0] != "new":
            continue
        campaign = {"name": handover.campaign.name, "shared": handover.campaign.shared}
        where = (handover.campaign.name, handover.place)
        lead = Distributed(source.supplier, where, person.lead, campaign, None, "", person.activities)
        _decide(lead, rotation, by_id.get(person.lead["assigned_partner"] or ""), partners)
        channel.leads[source.supplier].append(lead)


def _decide(
    lead: Distributed,
    rotation: routing.SeedRotation,
    named: ChannelPartner | None,
    partners: tuple[ChannelPartner, ...],
) -> None:
    default = next((one for one in partners if one.id == DEFAULT_PARTNER[lead.supplier]), None)
    decision = routing.decide(lead.lead, RULES[lead.supplier], rotation, named, default, partners)
    lead.partner, lead.why = decision.partner, decision.why
    lead.shown_to = SHOWN_TO[lead.supplier]


def partner_of(lead: Distributed) -> ChannelPartner | None:
    """Return the lead's partner as one of the three suppliers knows it."""
    return lead.partner if isinstance(lead.partner, ChannelPartner) else None
