"""What the CRMs of the three suppliers' partners knew before, and what must stand there after the pushes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sandbox.seed.channel_partners import HOOLI, ChannelPartner, partners_of
from sandbox.seed.partner_orgs import KNOWN_PER_ORG, KnownRecord, known_record, unrelated_record
from sandbox.seed.plan import Distributed
from sandbox.seed.records import ExpectedOrg
from sandbox.seed.tenant_records import ExpectedTenant, unrelated


def push_to_salesforce(
    leads: Sequence[Distributed],
) -> tuple[list[KnownRecord], dict[str, ExpectedOrg]]:
    """Return what was known before and what must stand in the orgs; each lead learns what became of it."""
    before: list[KnownRecord] = []
    orgs: dict[str, ExpectedOrg] = {}
    for partner in _partners("salesforce"):
        theirs = _of(partner, leads)
        chosen = _alone(theirs, KNOWN_PER_ORG)
        known = [
            known_record(partner.org, "Lead", "known", one.lead, 900 + place)
            for place, one in enumerate(chosen)
        ]
        known.append(unrelated_record(partner.org, 990))
        org = ExpectedOrg(partner)
        for record in known:
            org.start_with(record)
        for one in theirs:
            if one.status == "accepted":
                one.push = org.push(one.supplier, one.lead, one.shown_campaign, one.events)
        before += known
        orgs[partner.org] = org
    return before, orgs


def push_to_tenants(leads: Sequence[Distributed]) -> dict[str, ExpectedTenant]:
    """Return what must stand in every Dynamics and Saleslink; each lead learns what became of it."""
    tenants: dict[str, ExpectedTenant] = {}
    for number, partner in enumerate((*_partners("dynamics"), *_partners("saleslink"))):
        theirs = _of(partner, leads)
        tenant = ExpectedTenant(partner)
        if partner.vendor == "dynamics":
            chosen = _alone(theirs, KNOWN_PER_ORG + 1)
            for place, one in enumerate(chosen[:KNOWN_PER_ORG]):
                tenant.know(one.lead, 10 * number + place)
            if tenant.table == "contact":
                tenant.know(chosen[-1].lead, 10 * number + 9, table="lead")
        tenant.start_with("lead", unrelated(partner.vendor, number), "unrelated")
        for one in theirs:
            if one.status == "accepted" or partner.is_pushed_before_acceptance:
                one.push = tenant.push(one)
        tenants[partner.tenant] = tenant
    return tenants


def _partners(vendor: str) -> list[ChannelPartner]:
    return [one for one in partners_of(HOOLI) if one.vendor == vendor]


def _of(partner: ChannelPartner, leads: Sequence[Distributed]) -> list[Distributed]:
    return [one for one in leads if one.partner is not None and one.partner.id == partner.id]


def _alone(leads: Sequence[Distributed], count: int) -> list[Distributed]:
    """Return so many leads whose e-mail nobody else has, spread over all of them."""
    emails = Counter(one.lead["email"] for one in leads)
    alone = [one for one in leads if emails[one.lead["email"]] == 1 and one.lead["phone"]]
    step = len(alone) // (count + 1)
    return [alone[(place + 1) * step] for place in range(count)]
