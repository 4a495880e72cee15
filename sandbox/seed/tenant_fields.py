"""Where a lead's values stand in Dynamics and in Saleslink, and how they look there."""

from __future__ import annotations

from typing import Any

from sandbox.seed.channel_partners import HOOLI, INITECH, UMBRELLA
from sandbox.seed.people import Person

_DYNAMICS_PERSON = {
    "email": "emailaddress1",
    "first_name": "firstname",
    "last_name": "lastname",
    "title": "jobtitle",
    "phone": "telephone1",
    "street": "address1_line1",
    "city": "address1_city",
    "state": "address1_stateorprovince",
    "postal_code": "address1_postalcode",
    "country": "address1_country",
}
_SALESLINK_PERSON = {
    "email": "Email",
    "first_name": "FirstName",
    "last_name": "LastName",
    "title": "Title",
    "phone": "Phone",
    "company": "Company",
    "street": "Street",
    "city": "City",
    "state": "State",
    "postal_code": "PostalCode",
    "country": "Country",
    "industry": "Industry",
    "employees": "Employees",
    "products": "Products",
}
_HANDED_IN_SALESLINK = {"tier_need": "TierNeed", "demo_requested": "DemoRequested", "demo_date": "DemoDate"}

PLACES: dict[tuple[str, str], dict[str, dict[str, str]]] = {
    ("dynamics", "lead"): {
        HOOLI: {
            "received_at": "ll_registeredat",
            "callback_on": "ll_eventdate",
            "consent": "ll_consent",
        },
        INITECH: {"demo_date": "ll_eventdate"},
        UMBRELLA: {"demo_date": "ll_eventdate"},
    },
    ("dynamics", "contact"): {HOOLI: {"consent": "ll_consent"}, INITECH: {}, UMBRELLA: {}},
    ("saleslink", "lead"): {
        HOOLI: {
            "supplier_ref": "EnquiryNo",
            "urgency": "Urgency",
            "callback_on": "CallBackOn",
            "consent": "Consent",
        },
        INITECH: _HANDED_IN_SALESLINK,
        UMBRELLA: _HANDED_IN_SALESLINK,
    },
}
"""(Vendor, table) -> supplier -> our field -> field there: what only some of them have."""

_EVERYONE = {
    ("dynamics", "lead"): _DYNAMICS_PERSON
    | {"company": "companyname", "employees": "numberofemployees", "products": "ll_products"},
    ("dynamics", "contact"): _DYNAMICS_PERSON | {"products": "ll_products"},
    ("saleslink", "lead"): _SALESLINK_PERSON,
}
CAMPAIGN = {"dynamics": "ll_details", "saleslink": "Campaign"}
PRODUCT_CODES = {
    "Routers": 1,
    "Switches": 2,
    "Cloud": 3,
    "Firewalls": 5,
    "Wireless": 6,
    "Storage": 7,
}  # 4 is Security, which nobody here asks for

_HANDED = (
    "industry", "employees", "products", "tier_need", "demo_requested", "demo_date",
)  # fmt: skip
OWN_FIELDS = {
    HOOLI: (
        "supplier_ref", "received_at", "industry", "employees", "products", "urgency", "callback_on",
        "consent", "remarks", "promotion",
    ),
    INITECH: _HANDED,
    UMBRELLA: _HANDED,
}  # fmt: skip
"""Supplier -> its own fields that partners may see; all but these are profile or supplier-only."""


def places(vendor: str, table: str, supplier: str) -> dict[str, str]:
    """Return our field -> field there."""
    return _EVERYONE[vendor, table] | PLACES[vendor, table][supplier]


def watched(vendor: str, table: str) -> tuple[str, ...]:
    """Return the fields that are compared, of whichever supplier."""
    found = dict.fromkeys(_EVERYONE[vendor, table].values())
    for own in PLACES[vendor, table].values():
        found |= dict.fromkeys(own.values())
    return (*found, CAMPAIGN[vendor])


def written(
    vendor: str, table: str, supplier: str, lead: Person, campaign_name: str | None
) -> dict[str, Any]:
    """Return a lead's values by the fields there; those that it has not are left out."""
    values = {
        field: _shown(vendor, name, lead[name])
        for name, field in places(vendor, table, supplier).items()
        if lead.get(name) is not None
    }
    if campaign_name is not None:
        values[CAMPAIGN[vendor]] = campaign_name
    return values


def unplaced(vendor: str, table: str, supplier: str, lead: Person) -> list[str]:
    """Return the lead's own fields that have a value and no place there: they go into the notes."""
    known = places(vendor, table, supplier)
    return [name for name in OWN_FIELDS[supplier] if name not in known and lead.get(name) is not None]


def _shown(vendor: str, name: str, value: Any) -> Any:
    if name == "products":
        if vendor == "dynamics":
            return ",".join(str(code) for code in sorted(PRODUCT_CODES[one] for one in value))
        return ";".join(value)
    if vendor == "saleslink":
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value
