"""What partners have in their orgs before the first lead comes: people they know already, some of them ours.

Which of our leads they know is chosen from those that will be assigned to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.seed.people import Person

KNOWN_PER_ORG = 3


@dataclass(frozen=True)
class KnownRecord:
    """A record that is there already.

    Attributes:
        object: Lead or Contact.
        why: `known` (same e-mail), `other_object` (same e-mail, but not the object that is written),
            `converted` (a lead that became a contact), `same_phone` (a duplicate rule finds it) or
            `unrelated`.
        email: Of the lead of ours that it is about; None for an unrelated one.
        fields: By API name.
    """

    org: str
    object: str
    why: str
    email: str | None
    fields: dict[str, Any]


def known_record(org: str, object_: str, why: str, lead: Person, number: int) -> KnownRecord:
    """Return an older record of a lead's person, with the partner's own values."""
    fields: dict[str, Any] = {
        "FirstName": lead["first_name"],
        "LastName": lead["last_name"],
        "Email": lead["email"],
        "Title": "as we know them",
        "Phone": f"+49309000{number:04}",
        "Description": "from our own list",
        "Supplier_Ref__c": f"OWN-{number}",
    }
    if object_ == "Lead":
        fields |= {"Company": f"{lead['company']} (old)", "Industry": "Retail", "LeadSource": "Web"}
    if why == "same_phone":
        fields |= {"Email": f"front.desk.{number}@old.example", "Phone": lead["phone"]}
    return KnownRecord(org, object_, why, lead["email"], fields)


def unrelated_record(org: str, number: int) -> KnownRecord:
    """Return a lead that has nothing to do with ours."""
    return KnownRecord(
        org,
        "Lead",
        "unrelated",
        None,
        {
            "FirstName": "Walter",
            "LastName": "Walkin",
            "Company": "Corner Shop",
            "Email": f"walter.{number}@cornershop.example",
            "LeadSource": "Web",
        },
    )
