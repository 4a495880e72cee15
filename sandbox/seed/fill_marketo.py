"""Puts initech's people, programs and hand-overs into its Marketo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sandbox.seed.handovers import HandedPerson, HandedSource

STATUS = "Sent to Partner"
STEP = timedelta(seconds=60)
FIRST_DAY = 4
"""Days before the seeding on which the first hand-over came."""

FIELDS = {
    "email": "email",
    "first_name": "firstName",
    "last_name": "lastName",
    "company": "company",
    "title": "title",
    "phone": "phone",
    "street": "address",
    "city": "city",
    "state": "state",
    "postal_code": "postalCode",
    "country": "country",
    "industry": "industry",
    "employees": "numberOfEmployees",
    "products": "productsOfInterest",
    "tier_need": "serviceTier",
    "demo_requested": "demoRequested",
    "demo_date": "demoDate",
    "budget": "budget",
    "internal_rating": "internalRating",
    "assigned_partner": "partnerId",
    "excluded": "excludeFromDistribution",
}
VISITED = (1, "https://www.initech.example/tps")
"""The activity that some have besides: its type, and the page."""

Act = Callable[[str, dict[str, Any]], Any]


def fill_marketo(source: HandedSource, act: Act, midnight: datetime, most: int | None = None) -> None:
    """Write programs and people, each handed over at its place in time; `midnight` begins today."""
    start = midnight - timedelta(days=FIRST_DAY)
    programs = [
        {
            "name": one.name,
            "description": one.description,
            "startDate": f"{one.starts_on}T00:00:00Z+0000",
            "endDate": f"{one.ends_on}T00:00:00Z+0000",
            "tags": {"Theme": one.theme, "Share with Partners": "yes" if one.shared else "no"},
        }
        for one in source.campaigns
    ]
    numbers = act("insert", {"object": "program", "rows": programs})
    program_of = {one.number: number for one, number in zip(source.campaigns, numbers, strict=True)}
    people = source.people[:most]
    first = {one.person.number: one for one in reversed(source.handovers)}
    rows = []
    for one in people:
        handover = first.get(one.number)
        rows.append(_row(one))
        if handover is not None:
            program = program_of[handover.campaign.number]
            when = (start + STEP * handover.place).isoformat()
            rows[-1] |= {"program": program, "status": STATUS, "at": when}
    ids = act("insert", {"object": "lead", "rows": rows})
    lead_of = {one.number: lead for one, lead in zip(people, ids, strict=True)}
    for handover in source.handovers:
        if handover.person.number not in lead_of or first[handover.person.number] is handover:
            continue
        handed = {
            "program_id": program_of[handover.campaign.number],
            "lead_ids": [lead_of[handover.person.number]],
            "status": STATUS,
            "at": (start + STEP * handover.place).isoformat(),
        }
        act("set_status", handed)
    for one in people:
        for number in range(one.activities):
            type_id, page = VISITED
            at = start + STEP * one.number + timedelta(hours=number)
            values = {"lead_id": lead_of[one.number], "type_id": type_id, "value": page, "at": at.isoformat()}
            act("log", {**values, "attributes": {"Webpage URL": f"{page}/{number}"}})


def _row(one: HandedPerson) -> dict[str, Any]:
    return {api: one.written[name] for name, api in FIELDS.items() if one.written.get(name) is not None}
