"""What must stand in a partner's org after the pushes, record by record and field by field.

From the specification: new records get every shared field that has a place (M6), LeadSource, the shared
campaign's name where this partner may see it (S6), and the default owner; on records that were there already
only what the partner lets in changes (Lead Field Updates), empty values clear nothing, and an external id is
never overwritten. One record serves every lead of its person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.orgs import CLOSED_TIMEFRAME, INTEGRATION_ID
from sandbox.seed.partner_orgs import KnownRecord
from sandbox.seed.partners import SeedPartner
from sandbox.seed.people import Person

PERSON = {
    "email": "Email",
    "first_name": "FirstName",
    "last_name": "LastName",
    "title": "Title",
    "phone": "Phone",
    "mobile": "MobilePhone",
}
ADDRESS = ("street", "city", "state", "postal_code", "country")
ADDRESS_OF = {
    "Lead": ("Street", "City", "State", "PostalCode", "Country"),
    "Contact": ("MailingStreet", "MailingCity", "MailingState", "MailingPostalCode", "MailingCountry"),
}
LEAD_ONLY = {
    "company": "Company",
    "website": "Website",
    "industry": "Industry",
    "employees": "NumberOfEmployees",
    "annual_revenue": "AnnualRevenue",
}
CUSTOM = {
    "acme": {
        "products": "Products__c",
        "timeframe": "Timeframe__c",
        "registered_at": "Registered_At__c",
        "event_date": "Event_Date__c",
        "opt_in": "Opt_In__c",
        "supplier_ref": "Supplier_Ref__c",
    },
    "globex": {
        "products": "Products__c",
        "tier_need": "Tier_Need__c",
        "demo_requested": "Demo_Requested__c",
        "demo_date": "Demo_Date__c",
    },
}
CUSTOM["initech"] = CUSTOM["umbrella"] = CUSTOM["globex"]
CUSTOM["hooli"] = {
    "products": "Products__c",
    "urgency": "Timeframe__c",
    "received_at": "Registered_At__c",
    "callback_on": "Event_Date__c",
    "consent": "Opt_In__c",
    "supplier_ref": "Supplier_Ref__c",
}
PROFILE = {
    "acme": ("email", "first_name", "last_name", "company", "title", "phone", "mobile", "website", *ADDRESS),
    "globex": ("email", "first_name", "last_name", "company", "title", "phone", *ADDRESS),
}
PROFILE["hooli"] = PROFILE["initech"] = PROFILE["umbrella"] = PROFILE["globex"]
BOOLEANS = ("Opt_In__c", "Demo_Requested__c")
CUSTOM_FIELDS = (*CUSTOM["acme"].values(), *list(CUSTOM["globex"].values())[1:], "Campaign_Name__c")
_BOTH = (*PERSON.values(), *CUSTOM_FIELDS, "LeadSource", "Description")
WATCHED = {
    "Lead": (*_BOTH, *ADDRESS_OF["Lead"], *LEAD_ONLY.values()),
    "Contact": (*_BOTH, *ADDRESS_OF["Contact"]),
}
"""Fields that are compared; one that the record must not have is None (a boolean: False)."""


@dataclass
class ExpectedRecord:
    """One record that must be there, and nothing like it besides.

    Attributes:
        origin: created, updated (was there and changed), linked (was there and stayed) or untouched.
        external_id: Whether it must have one of ours.
        tasks: How many tasks hang on it.
        owner: Id of the owner.
    """

    org: str
    object: str
    origin: str
    fields: dict[str, Any]
    owner: str
    external_id: bool = False
    tasks: int = 0
    leads: list[str] = field(default_factory=list)
    why: str = ""
    contact_of: str | None = None


class ExpectedOrg:
    """The records of one partner's org as push after push must change them."""

    def __init__(self, partner: SeedPartner) -> None:
        self.partner = partner
        self.records: list[ExpectedRecord] = []

    def start_with(self, known: KnownRecord) -> None:
        """Begin with a record that is there already; a converted lead also has become a contact."""
        record = ExpectedRecord(
            known.org,
            known.object,
            "untouched",
            whole(known.object, known.fields),
            INTEGRATION_ID,
            why=known.why,
        )
        self.records.append(record)
        if known.why == "converted":
            names = (
                "FirstName",
                "LastName",
                "Email",
                "Title",
                "Phone",
                "LeadSource",
                "Description",
                "Supplier_Ref__c",
            )
            contact = {name: known.fields[name] for name in names}
            self.records.append(
                ExpectedRecord(
                    known.org, "Contact", "untouched", whole("Contact", contact), INTEGRATION_ID,
                    why="became", contact_of=known.email,
                )
            )  # fmt: skip

    def push(self, supplier: str, lead: Person, campaign_name: str | None, events: int) -> str:
        """Bring one accepted lead in; return created, updated, linked or refused."""
        object_ = "Contact" if self.partner.record_as == "contact" else "Lead"
        found = self._find(object_, lead)
        if found is None:
            values = written(supplier, object_, lead, campaign_name)
            if self.partner.org == CLOSED_TIMEFRAME and values.get("Timeframe__c") == "Unknown":
                return "refused"
            owner = self.partner.owner or INTEGRATION_ID
            fields = whole(object_, {**values, "LeadSource": "Leadline"})
            found = ExpectedRecord(self.partner.org, object_, "created", fields, owner, external_id=True)
            self.records.append(found)
            outcome = "created"
        else:
            outcome = self._change(found, supplier, lead, campaign_name)
        # Every lead here has shared fields without a place of their own: its source, or its member status.
        found.tasks += events + (1 if self.partner.notes else 0)
        found.leads.append(lead["email"])
        return outcome

    def _find(self, object_: str, lead: Person) -> ExpectedRecord | None:
        for record in self.records:
            if record.object == object_ and record.fields["Email"] == lead["email"]:
                if record.why == "converted":
                    return next(one for one in self.records if one.contact_of == lead["email"])
                return record
        for record in self.records:
            if record.why == "same_phone" and lead["phone"] and record.fields["Phone"] == lead["phone"]:
                return record
        return None

    def _change(self, found: ExpectedRecord, supplier: str, lead: Person, campaign_name: str | None) -> str:
        allowed = self.partner.field_updates
        changes: dict[str, Any] = {}
        if allowed == "all":
            changes = written(supplier, found.object, lead, campaign_name)
        elif allowed == "supplier":
            profile = {**lead, **dict.fromkeys(PROFILE[supplier])}
            changes = written(supplier, found.object, profile, campaign_name)
        found.fields.update(changes)
        if changes and found.origin in ("untouched", "linked"):
            found.origin = "updated"
        elif found.origin == "untouched":
            found.origin = "linked"
        return "updated" if changes else "linked"


def written(supplier: str, object_: str, lead: Person, campaign_name: str | None) -> dict[str, Any]:
    """Return a lead's values by the object's API names; those it has not are left out."""
    places = {**PERSON, **dict(zip(ADDRESS, ADDRESS_OF[object_], strict=True)), **CUSTOM[supplier]}
    if object_ == "Lead":
        places |= LEAD_ONLY
    values = {api: returned(api, lead[name]) for name, api in places.items() if lead.get(name) is not None}
    if campaign_name is not None:
        values["Campaign_Name__c"] = campaign_name
    return values


def returned(api: str, value: Any) -> Any:
    """Return a value as Salesforce gives it back."""
    if api == "AnnualRevenue":
        return float(Decimal(value).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if api == "Products__c":
        return ";".join(value)
    if api == "Registered_At__c":
        return value.replace("Z", ".000+0000")
    return value


def whole(object_: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of all watched fields."""
    return {name: values.get(name, False if name in BOOLEANS else None) for name in WATCHED[object_]}
