"""The imitated tenants: their keys, lead fields, activity types, channels and custom objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NAMES = ("initech", "initech_test")


@dataclass(frozen=True)
class LeadField:
    """One field of a lead; `standard` ones move the visible `updatedAt`."""

    id: int
    name: str
    label: str
    type: str = "string"
    length: int | None = 255
    read_only: bool = False
    standard: bool = True
    searchable: bool = False


@dataclass(frozen=True)
class TenantConfig:
    """One subscription and the API-only user of its custom service."""

    name: str
    munchkin_id: str
    client_id: str
    client_secret: str
    api_user: str


def tenant_config(name: str) -> TenantConfig:
    """Return the tenant's keys; they are the sandbox's own and open nothing else."""
    number = NAMES.index(name) + 1
    return TenantConfig(
        name,
        f"{number}11-SBX-{number}00",
        f"{name}-client-id",
        f"{name}-client-secret",
        f"leadline@{name.replace('_', '-')}.example",
    )


def _fields() -> tuple[LeadField, ...]:
    standard: list[tuple[str, str, str]] = [
        ("email", "Email Address", "email"),
        ("firstName", "First Name", "string"),
        ("lastName", "Last Name", "string"),
        ("company", "Company Name", "string"),
        ("title", "Job Title", "string"),
        ("phone", "Phone Number", "phone"),
        ("address", "Address", "text"),
        ("city", "City", "string"),
        ("state", "State", "string"),
        ("postalCode", "Postal Code", "string"),
        ("country", "Country", "string"),
        ("industry", "Industry", "string"),
        ("numberOfEmployees", "Num Employees", "integer"),
        ("website", "Website", "url"),
        ("leadSource", "Lead Source", "string"),
        ("unsubscribed", "Unsubscribed", "boolean"),
        ("leadPartitionId", "Lead Partition Id", "integer"),
        ("externalSalesPersonId", "External Sales Person Id", "string"),
    ]
    custom: list[tuple[str, str, str]] = [
        ("productsOfInterest", "Products of Interest", "string"),
        ("serviceTier", "Service Tier", "string"),
        ("demoRequested", "Demo Requested", "boolean"),
        ("demoDate", "Demo Date", "date"),
        ("requestedAt", "Requested At", "datetime"),
        ("budget", "Budget", "currency"),
        ("internalRating", "Internal Rating", "string"),
        ("partnerId", "Partner Id", "string"),
        ("excludeFromDistribution", "Exclude from Distribution", "boolean"),
        ("llDistributionStatus", "LL Distribution Status", "string"),
        ("llDistributionStatusAt", "LL Distribution Status At", "datetime"),
        ("llNotRouted", "LL Not Routed", "string"),
        ("llPartnerId", "LL Partner Id", "string"),
        ("llPartner", "LL Partner", "string"),
        ("llRejectionReason", "LL Rejection Reason", "string"),
        ("llRejectionComment", "LL Rejection Comment", "text"),
        ("llSalesStatus", "LL Sales Status", "string"),
        ("llSalesRep", "LL Sales Rep", "string"),
        ("llSalesRepEmail", "LL Sales Rep Email", "email"),
        ("llPhone", "LL Phone", "phone"),
    ]
    lengths = {"text": 30_000, "email": 255, "integer": None, "boolean": None, "date": None, "datetime": None}
    fields = [
        LeadField(1, "id", "Id", "integer", None, read_only=True, searchable=True),
        LeadField(2, "createdAt", "Created At", "datetime", None, read_only=True),
        LeadField(3, "updatedAt", "Updated At", "datetime", None, read_only=True),
    ]
    for number, (name, label, kind) in enumerate(standard, start=10):
        fields.append(
            LeadField(number, name, label, kind, lengths.get(kind, 255), searchable=name == "email")
        )
    for number, (name, label, kind) in enumerate(custom, start=2001):
        length = lengths.get(kind, 255)
        searchable = kind in {"string", "email", "integer"}
        fields.append(LeadField(number, name, label, kind, length, standard=False, searchable=searchable))
    return tuple(fields)


LEAD_FIELDS = _fields()


def _activity(
    number: int, name: str, primary: str | None, kind: str, *attributes: tuple[str, str]
) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": number, "name": name, "description": name}
    if primary:
        entry["primaryAttribute"] = {"name": primary, "dataType": kind}
    entry["attributes"] = [{"name": label, "dataType": type_} for label, type_ in attributes]
    return entry


ACTIVITY_TYPES = (
    _activity(1, "Visit Webpage", "Webpage ID", "integer", ("Webpage URL", "string")),
    _activity(2, "Fill Out Form", "Webform ID", "integer", ("Form Fields", "text")),
    _activity(3, "Click Link", "Link ID", "integer"),
    _activity(6, "Send Email", "Mailing ID", "integer"),
    _activity(10, "Open Email", "Mailing ID", "integer", ("Device", "string")),
    _activity(11, "Click Email", "Mailing ID", "integer", ("Link", "string")),
    _activity(12, "New Lead", None, "", ("Source Type", "string"), ("Created Date", "date")),
    _activity(
        13, "Change Data Value", "Attribute Name", "string",
        ("New Value", "string"), ("Old Value", "string"), ("Reason", "string"), ("Source", "string"),
    ),
    _activity(24, "Add to List", "List ID", "integer", ("Source", "string")),
    _activity(25, "Remove from List", "List ID", "integer", ("Source", "string")),
    _activity(32, "Merge Leads", "Lead ID", "integer",
        ("Master Updated", "boolean"), ("Merge IDs", "string"),
   ),
    _activity(37, "Delete Lead", None, "", ("Remove From CRM", "boolean"), ("Campaign", "string")),
    _activity(46, "Interesting Moment", "Type", "string", ("Description", "string")),
    _activity(
        104, "Change Status in Progression", "Program ID", "integer",
        ("New Status", "string"), ("Old Status", "string"), ("Success", "boolean"), ("Reason", "string"),
    ),
)  # fmt: skip

CUSTOM_ACTIVITIES = (
    {
        "id": 100001,
        "apiName": "partnerEvent",
        "name": "Partner Event",
        "description": "What a partner did with a distributed lead",
        "status": "approved",
        "triggerName": "Partner Event",
        "filterName": "Partner Event",
        "primaryAttribute": {"apiName": "eventType", "name": "Event Type", "dataType": "string"},
        "attributes": [
            {"apiName": "subject", "name": "Subject", "dataType": "string"},
            {"apiName": "body", "name": "Body", "dataType": "text"},
            {"apiName": "occurredAt", "name": "Occurred At", "dataType": "datetime"},
            {"apiName": "leadlineKey", "name": "Leadline Key", "dataType": "string"},
        ],
    },
)

CHANNELS = {
    "Partner Distribution": (
        # status, step, success
        ("Not in Program", 0, False),
        ("Member", 10, False),
        ("Sent to Partner", 20, False),
        ("Accepted", 30, False),
        ("Rejected", 40, False),
        ("Won", 50, True),
    ),
}

TAG_TYPES = ("Region", "Share with Partners", "Theme")
"""Of every subscription; programs may carry others too."""

MEMBER_FIELDS = ("llMemberStatus", "llMemberPartner", "llMemberSalesStatus", "llMemberNotRouted")


def _columns(*columns: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "displayName": name, "dataType": kind, "length": 255, "updateable": True}
        for name, kind in columns
    ]


CUSTOM_OBJECTS = {
    "distribution_c": {
        "name": "distribution_c",
        "displayName": "Distribution",
        "idField": "marketoGUID",
        "dedupeFields": ["distributionId"],
        "searchableFields": [["distributionId"], ["marketoGUID"], ["leadId"]],
        "relationships": [
            {
                "field": "leadId",
                "type": "child",
                "relatedTo": {"name": "Lead", "field": "Id"},
            }
        ],
        "fields": _columns(
            ("distributionId", "string"), ("leadId", "integer"), ("status", "string"),
            ("statusAt", "datetime"), ("partner", "string"), ("partnerId", "string"),
            ("notRouted", "string"), ("salesStatus", "string"), ("salesRep", "string"),
            ("salesRepEmail", "string"), ("rejectionReason", "string"),
        ),
    },
    "partnerDeal_c": {
        "name": "partnerDeal_c",
        "displayName": "Partner Deal",
        "idField": "marketoGUID",
        "dedupeFields": ["dealId"],
        "searchableFields": [["dealId"], ["marketoGUID"], ["leadId"]],
        "relationships": [
            {"field": "leadId", "type": "child", "relatedTo": {"name": "Lead", "field": "Id"}}
        ],
        "fields": _columns(
            ("dealId", "string"), ("leadId", "integer"), ("name", "string"), ("stage", "string"),
            ("status", "string"), ("amount", "float"), ("probability", "integer"), ("closeDate", "date"),
            ("eventType", "string"), ("subject", "string"), ("body", "text"), ("occurredAt", "datetime"),
        ),
    },
}  # fmt: skip

OPPORTUNITY = {
    "name": "opportunity",
    "displayName": "Opportunity",
    "idField": "marketoGUID",
    "dedupeFields": ["externalOpportunityId"],
    "searchableFields": [["externalOpportunityId"], ["marketoGUID"]],
    "fields": _columns(
        ("externalOpportunityId", "string"), ("name", "string"), ("description", "string"),
        ("type", "string"), ("stage", "string"), ("amount", "currency"), ("isClosed", "boolean"),
        ("isWon", "boolean"), ("closeDate", "date"), ("probability", "integer"), ("nextStep", "string"),
        ("partnerName", "string"), ("partnerRep", "string"), ("dealStatus", "string"),
        ("currencyCode", "string"),
    ),
}  # fmt: skip

ROLE = {
    "name": "opportunityRole",
    "displayName": "Opportunity Role",
    "idField": "marketoGUID",
    "dedupeFields": ["externalOpportunityId", "leadId", "role"],
    "searchableFields": [
        ["externalOpportunityId", "leadId", "role"],
        ["marketoGUID"],
        ["leadId"],
        ["externalOpportunityId"],
    ],
    "fields": _columns(
        ("externalOpportunityId", "string"), ("leadId", "integer"), ("role", "string"),
        ("isPrimary", "boolean"),
    ),
}  # fmt: skip
