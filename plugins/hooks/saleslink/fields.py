"""The fields of a lead in our contract, with the lengths that the service takes."""

from __future__ import annotations

from leadline.ports import FieldDescription

LONGEST_EVENT_TYPE = 255
LONGEST_EVENT_TEXT = 65_000
_LONGEST = {"LastName": 80, "FirstName": 40, "Phone": 40, "MobilePhone": 40, "Fax": 40, "Notes": 65_000}

STANDARD = (
    "Salutation",
    "FirstName",
    "LastName",
    "Title",
    "Email",
    "Company",
    "Phone",
    "MobilePhone",
    "Fax",
    "Street",
    "City",
    "State",
    "PostalCode",
    "Country",
    "Website",
    "Source",
    "Campaign",
    "Notes",
    "OwnerUserId",
)
"""Elements of Lead; every other name travels as a Field."""

_KINDS = {
    "Email": "email",
    "Phone": "phone",
    "MobilePhone": "phone",
    "Fax": "phone",
    "OwnerUserId": "reference",
}

DESCRIBED = (
    FieldDescription("ExternalId", "string", 255, external_id=True, unique=True, updateable=False),
    *(FieldDescription(name, _KINDS.get(name, "string"), _LONGEST.get(name, 255)) for name in STANDARD),
)
