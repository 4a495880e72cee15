"""The imitated orgs: one of the supplier globex and its test twin, one per partner, one for tests."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.config import (
    AssignmentEntry,
    AssignmentRule,
    CustomField,
    CustomObject,
    DuplicateRule,
    OrgConfig,
    OrgUser,
)

SUPPLIERS = ("globex", "globex_test")
PARTNERS = tuple(f"p{number:03}" for number in range(1, 11))
TEST = "test"
LATER = ("p011",)
"""The org of the partner that hooli, initech and umbrella share; after the others, whose ids stay."""

ORGS = (*SUPPLIERS, *PARTNERS, TEST, *LATER)

PRODUCTS = ("Routers", "Switches", "Firewalls", "Wireless", "Storage", "Cloud")
TIMEFRAMES = ("0-3 months", "3-6 months", "6-12 months", "Unknown")
TIERS = ("Basic", "Plus", "Premium")

INTEGRATION_ID, OWNER_ID, WEB_ID, GONE_ID = (f"005{place:012}AAA" for place in range(1, 5))
"""Users of every org: who calls the API, who is to own leads, the web team, and one who left."""

REPS = (("Rosa", "Lind", "005000000000005AAA"), ("Tom", "Baker", "005000000000006AAA"))
"""Sales people of every org: first name, last name, id."""

QUEUES = (("00G000000000001", "Distributed leads"),)
WITH_ASSIGNMENT_RULE = ("p001", "p006")
"""Orgs whose own rule would give our leads to their web team, were it not told to stay out."""

CLOSED_TIMEFRAME = "p006"
"""Its picklist of time frames is restricted and lacks `Unknown`."""

BLOCKS_DUPLICATES = "p007"
"""Refuses a lead whose phone another lead has."""


ALERTS_DUPLICATES = "globex_test"
"""Warns of a lead that comes to have another's phone."""


def _deal_field(name: str, type: str = "string", **more: Any) -> CustomField:
    return CustomField("Partner_Opportunity__c", name, type, **more)


PARTNER_OPPORTUNITY = CustomObject(
    "Partner_Opportunity__c",
    "Partner Opportunity",
    "a01",
    (
        _deal_field("Leadline_Id__c", length=64, external_id=True, unique=True),
        _deal_field("Lead__c", "reference", reference_to=("Lead",)),
        _deal_field("Stage__c", length=80),
        _deal_field("Status__c", "picklist", picklist=("open", "won", "lost")),
        _deal_field("Probability__c", "percent", precision=3, scale=0),
        _deal_field("Amount__c", "currency", precision=18, scale=2),
        _deal_field("Currency__c", length=3),
        _deal_field("Close_Date__c", "date"),
        _deal_field("Partner_Id__c", length=40),
        _deal_field("Partner__c", length=120),
        _deal_field("Rep_Name__c", length=121),
        _deal_field("Rep_Email__c", "email", length=80),
    ),
    activities=True,
)
"""Where the supplier keeps what its partners sell; tasks may be about it."""


def org_config(name: str, public_key_pem: str) -> OrgConfig:
    """Return how the org of this name is set up; `public_key_pem` checks its JWT assertions."""
    place = ORGS.index(name) + 1
    users = (
        OrgUser(f"integration@{_host(name)}.example", "Integration", id=INTEGRATION_ID),
        OrgUser(
            f"owner@{_host(name)}.example",
            "Owner",
            "Olivia",
            email=f"owner@{_host(name)}.example",
            id=OWNER_ID,
        ),
        OrgUser(f"web@{_host(name)}.example", "Web", "Wanda", email=f"web@{_host(name)}.example", id=WEB_ID),
        OrgUser(f"gone@{_host(name)}.example", "Gone", "Greta", id=GONE_ID, active=False),
        *(
            OrgUser(rep_email(name, first, last), last, first, rep_email(name, first, last), id_)
            for first, last, id_ in REPS
        ),
    )
    return OrgConfig(
        name=name,
        org_id=f"00D{place:012}",
        users=users,
        client_id=f"3MVG9sandbox.{name}",
        client_secret=f"{name}-sandbox-secret",
        public_key_pem=public_key_pem,
        refresh_token=f"5Aep861.{name}.sandbox",
        organization_name=f"{name} (sandbox)",
        is_sandbox=name.endswith("test"),
        queues=QUEUES,
        custom_fields=_supplier_fields() if name in SUPPLIERS else _partner_fields(name),
        custom_objects=(PARTNER_OPPORTUNITY,) if name in SUPPLIERS else (),
        assignment_rules=_assignment_rules(name),
        duplicate_rules=_duplicate_rules(name),
    )


def rep_email(org: str, first: str, last: str) -> str:
    """Return the address of a sales person, which is the user name too."""
    return f"{first}.{last}@{_host(org)}.example".lower()


def _host(name: str) -> str:
    return name.replace("_", "-")


def _partner_fields(org: str) -> tuple[CustomField, ...]:
    closed = org == CLOSED_TIMEFRAME
    timeframes = TIMEFRAMES[:3] if closed else TIMEFRAMES
    fields: list[CustomField] = []
    for object_ in ("Lead", "Contact"):
        fields += [
            CustomField(object_, "Leadline_Id__c", length=64, external_id=True, unique=True),
            CustomField(object_, "Products__c", "multipicklist", picklist=PRODUCTS, length=4099),
            CustomField(object_, "Timeframe__c", "picklist", picklist=timeframes, restricted=closed),
            CustomField(object_, "Registered_At__c", "datetime"),
            CustomField(object_, "Event_Date__c", "date"),
            CustomField(object_, "Opt_In__c", "boolean"),
            CustomField(object_, "Supplier_Ref__c", length=40),
            CustomField(object_, "Campaign_Name__c", length=255),
            CustomField(object_, "Tier_Need__c", "picklist", picklist=TIERS, restricted=False),
            CustomField(object_, "Demo_Requested__c", "boolean"),
            CustomField(object_, "Demo_Date__c", "date"),
        ]
    fields.append(CustomField("Task", "Leadline_Id__c", length=64, external_id=True, unique=True))
    return tuple(fields)


def _supplier_fields() -> tuple[CustomField, ...]:
    return (
        CustomField("Lead", "Products__c", "multipicklist", picklist=PRODUCTS, restricted=False, length=4099),
        CustomField("Lead", "Tier_Need__c", "picklist", picklist=TIERS, restricted=False),
        CustomField("Lead", "Budget__c", "currency", precision=18, scale=2),
        CustomField("Lead", "Demo_Requested__c", "boolean"),
        CustomField("Lead", "Demo_Date__c", "date"),
        CustomField(
            "Lead", "Internal_Rating__c", "picklist", picklist=("Hot", "Warm", "Cold"), restricted=False
        ),
        CustomField("Lead", "Assigned_Partner__c", length=40),
        CustomField("Lead", "Exclude_From_Distribution__c", "boolean"),
        CustomField("Campaign", "Distribute__c", "boolean"),
        CustomField("Campaign", "Share_With_Partners__c", "boolean"),
        CustomField("Campaign", "Theme__c", length=80),
        CustomField("CampaignMember", "LL_Distribution_Status__c", length=40),
        CustomField("CampaignMember", "LL_Status_At__c", "datetime"),
        CustomField("CampaignMember", "LL_Not_Routed__c", length=40),
        CustomField("CampaignMember", "LL_Partner__c", length=120),
        CustomField("CampaignMember", "LL_Sales_Status__c", length=40),
        CustomField("CampaignMember", "LL_Rep_Name__c", length=121),
        CustomField("CampaignMember", "LL_Rep_Email__c", "email", length=80),
        CustomField("CampaignMember", "LL_Rejection_Reason__c", length=80),
        CustomField("CampaignMember", "LL_Rejection_Comment__c", "textarea", length=1000),
        CustomField("Task", "Leadline_Id__c", length=64, external_id=True, unique=True),
    )


def _assignment_rules(org: str) -> tuple[AssignmentRule, ...]:
    if org not in WITH_ASSIGNMENT_RULE:
        return ()
    return (AssignmentRule("01Q000000000001", (AssignmentEntry(owner=QUEUES[0][0]),)),)


def _duplicate_rules(org: str) -> tuple[DuplicateRule, ...]:
    if org == ALERTS_DUPLICATES:
        return (DuplicateRule("Lead", fields=("Phone",), against=("Lead",), on_update=True),)
    if org != BLOCKS_DUPLICATES:
        return ()
    return (DuplicateRule("Lead", fields=("Phone",), action="Block", against=("Lead",)),)
