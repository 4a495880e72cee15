"""Puts umbrella's contacts, campaigns and form submissions into its Eloqua."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sandbox.seed.handovers import HandedPerson, HandedSource

FORM, FORM_NAME = "7", "Partner enquiry"
"""Who sends this form is handed over."""

STEP = timedelta(seconds=60)
FIRST_DAY = 4
"""Days before the seeding on which the first hand-over came."""

FIELDS = {
    "email": "C_EmailAddress",
    "first_name": "C_FirstName",
    "last_name": "C_LastName",
    "company": "C_Company",
    "title": "C_Title",
    "phone": "C_BusPhone",
    "street": "C_Address1",
    "city": "C_City",
    "state": "C_State_Prov",
    "postal_code": "C_Zip_Postal",
    "country": "C_Country",
    "industry": "C_Industry1",
    "employees": "C_Number_of_Employees1",
    "products": "C_Products_of_Interest1",
    "tier_need": "C_Service_Tier1",
    "budget": "C_Budget1",
    "demo_requested": "C_Demo_Requested1",
    "demo_date": "C_Demo_Date1",
    "internal_rating": "C_Internal_Rating1",
    "assigned_partner": "C_Assigned_Partner1",
    "excluded": "C_Keep_From_Partners1",
}

Act = Callable[[str, dict[str, Any]], Any]


def fill_eloqua(source: HandedSource, act: Act, midnight: datetime, most: int | None = None) -> None:
    """Write campaigns and contacts, and a submission for each hand-over; `midnight` begins today."""
    start = midnight - timedelta(days=FIRST_DAY)
    before = (start - timedelta(days=30)).isoformat()
    campaigns = [
        {
            "name": one.name,
            "description": one.description,
            "campaignType": one.theme,
            "campaignCategory": "Shared" if one.shared else "Internal",
            "startAt": f"{one.starts_on}T00:00:00+00:00",
            "endAt": f"{one.ends_on}T00:00:00+00:00",
            "CreatedAt": before,
        }
        for one in source.campaigns
    ]
    made = act("insert", {"object": "campaign", "rows": campaigns})
    campaign_of = {one.number: id_ for one, id_ in zip(source.campaigns, made, strict=True)}
    people = source.people[:most]
    first = {one.person.number: one for one in reversed(source.handovers)}
    rows = []
    for one in people:
        handover = first.get(one.number)
        at = start + STEP * handover.place if handover else start
        rows.append({**_row(one), "CreatedAt": before, "UpdatedAt": at.isoformat()})
    ids = act("insert", {"object": "contact", "rows": rows})
    contact_of = {one.number: id_ for one, id_ in zip(people, ids, strict=True)}
    activities = []
    for handover in source.handovers:
        if handover.person.number in contact_of:
            written = handover.person.written
            sent = {"emailAddress": written["email"], "comments": written["comments"]}
            activities.append(
                {
                    "type": "FormSubmit",
                    "contact": contact_of[handover.person.number],
                    "asset_type": "Form",
                    "asset_id": FORM,
                    "asset_name": FORM_NAME,
                    "campaign": campaign_of[handover.campaign.number],
                    "fields": {"RawData": urlencode({"elqFormName": FORM_NAME, **sent})},
                    "inputs": sent,
                    "CreatedAt": (start + STEP * handover.place).isoformat(),
                }
            )
    for one in people:
        for number in range(one.activities):
            at = start + STEP * one.number + timedelta(hours=number)
            visit = {"asset_type": "Website", "asset_id": "3", "asset_name": "www.umbrella.example"}
            page = {"fields": {"FirstPageViewUrl": f"https://www.umbrella.example/hive/{number}"}}
            own = {"type": "WebVisit", "contact": contact_of[one.number], "CreatedAt": at.isoformat()}
            activities.append({**visit, **page, **own})
    act("insert", {"object": "activity", "rows": activities})


def _row(one: HandedPerson) -> dict[str, Any]:
    row = {}
    for name, internal in FIELDS.items():
        value = one.written.get(name)
        if value is None:
            continue
        row[internal] = {True: "Yes", False: "No"}[value] if isinstance(value, bool) else str(value)
    return row
