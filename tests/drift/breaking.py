"""What people break in the systems of the sandbox, what preflight finds then, and how it is mended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.client import Control

Step = tuple[str, str, str, dict[str, Any]]
"""Vendor, tenant, action and its values."""


def do(control: Control, steps: Iterable[Step]) -> None:
    for vendor, tenant, action, values in steps:
        if action == "fault":
            control.fault(vendor, **values)
        elif vendor == "salesforce":
            control.act(tenant, action, **values)
        else:
            control.do(vendor, tenant, action, **values)


def globex(action: str, **values: Any) -> Step:
    return ("salesforce", "globex", action, values)


def initech(action: str, **values: Any) -> Step:
    return ("marketo", "initech", action, values)


def umbrella(action: str, **values: Any) -> Step:
    return ("eloqua", "umbrella", action, values)


def org(action: str, **values: Any) -> Step:
    return ("salesforce", "p001", action, values)


def dynamics(action: str, **values: Any) -> Step:
    return ("dynamics", "d002", action, values)


def saleslink(action: str, **values: Any) -> Step:
    return ("saleslink", "k001", action, values)


def fault(room: str, kind: str, operation: str, match: dict[str, str], **arguments: Any) -> Step:
    order = {"operation": operation, "match": match, "arguments": arguments, "times": 100}
    return (room, "", "fault", {"kind": kind, **order})


TIERS = ["Basic", "Plus", "Premium"]
PRODUCTS = ["Routers", "Switches", "Firewalls", "Wireless", "Storage", "Cloud"]
DEAL = {"object": "Partner_Opportunity__c"}
PARKED = 100_000_000  # a status of leads in the seeded Dynamics
LEAD_ID = {"object": "Lead", "name": "Leadline_Id__c", "length": 64, "external_id": True}
NOT_FOUND = {"status": 404, "code": "NOT_FOUND"}
SOURCES: dict[str, tuple[str, list[Step], list[Step], tuple[str, str, str]]] = {
    # Salesforce
    "salesforce: a lead field": (
        "globex",
        [globex("drop_field", object="Lead", name="Title")],
        [globex("add_field", object="Lead", name="Title", length=128)],
        ("field_missing", "Lead.Title", "error"),
    ),
    "salesforce: a campaign field": (
        "globex",
        [globex("drop_field", object="Campaign", name="Theme__c")],
        [globex("add_field", object="Campaign", name="Theme__c", length=80)],
        ("field_missing", "Campaign.Theme__c", "error"),
    ),
    "salesforce: a status field": (
        "globex",
        [globex("drop_field", object="CampaignMember", name="LL_Partner__c")],
        [globex("add_field", object="CampaignMember", name="LL_Partner__c", length=120)],
        ("field_missing", "CampaignMember.LL_Partner__c", "error"),
    ),
    "salesforce: a rejection field": (
        "globex",
        [globex("drop_field", object="CampaignMember", name="LL_Rejection_Reason__c")],
        [globex("add_field", object="CampaignMember", name="LL_Rejection_Reason__c", length=80)],
        ("field_missing", "CampaignMember.LL_Rejection_Reason__c", "error"),
    ),
    "salesforce: a value that is gone": (
        "globex",
        [globex("set_picklist", object="Lead", name="Tier_Need__c", values=TIERS[:2])],
        [globex("set_picklist", object="Lead", name="Tier_Need__c", values=TIERS)],
        ("value_missing", "Lead.Tier_Need__c=Premium", "warning"),
    ),
    "salesforce: a value that is new": (
        "globex",
        [globex("set_picklist", object="Lead", name="Products__c", values=[*PRODUCTS, "Phones"])],
        [globex("set_picklist", object="Lead", name="Products__c", values=PRODUCTS)],
        ("value_unmapped", "Lead.Products__c=Phones", "warning"),
    ),
    "salesforce: another type": (
        "globex",
        [globex("add_field", object="Lead", name="Demo_Date__c", type="boolean")],
        [globex("add_field", object="Lead", name="Demo_Date__c", type="date")],
        ("type", "Lead.Demo_Date__c", "warning"),
    ),
    "salesforce: a status that is no longer taken": (
        "globex",
        [globex("set_picklist", **DEAL, name="Status__c", values=["open", "won"])],
        [globex("set_picklist", **DEAL, name="Status__c", values=["open", "won", "lost"])],
        ("value_missing", "Partner_Opportunity__c.Status__c=lost", "warning"),
    ),
    "salesforce: the key of opportunities": (
        "globex",
        [globex("add_field", **DEAL, name="Leadline_Id__c", length=64)],
        [globex("add_field", **DEAL, name="Leadline_Id__c", length=64, external_id=True, unique=True)],
        ("external_id_not_unique", "Partner_Opportunity__c.Leadline_Id__c", "warning"),
    ),
    "salesforce: a key that is too short": (
        "globex",
        [globex("add_field", **DEAL, name="Leadline_Id__c", length=20, external_id=True, unique=True)],
        [globex("add_field", **DEAL, name="Leadline_Id__c", length=64, external_id=True, unique=True)],
        ("length", "Partner_Opportunity__c.Leadline_Id__c", "error"),
    ),
    "salesforce: a hidden object": (
        "globex",
        [fault("salesforce", "status", "describe", {"org": "globex", "object": "Campaign"}, **NOT_FOUND)],
        [],
        ("object_missing", "Campaign", "error"),
    ),
    # Marketo
    "marketo: a lead field": (
        "initech",
        [initech("drop_field", name="company")],
        [initech("restore_field", name="company")],
        ("field_missing", "Lead.company", "error"),
    ),
    "marketo: a field that takes what a partner changed": (
        "initech",
        [initech("drop_field", name="llPhone")],
        [initech("restore_field", name="llPhone")],
        ("field_missing", "Lead.llPhone", "error"),
    ),
    "marketo: a rejection field": (
        "initech",
        [initech("drop_field", name="llRejectionComment")],
        [initech("restore_field", name="llRejectionComment")],
        ("field_missing", "Lead.llRejectionComment", "error"),
    ),
    "marketo: a permission to read programs": (
        "initech",
        [initech("set", denied=["programs.one"])],
        [initech("set", denied=[])],
        ("permission", "handover_ids", "error"),
    ),
    "marketo: a permission to describe opportunities": (
        "initech",
        [initech("set", denied=["opportunities.describe"])],
        [initech("set", denied=[])],
        ("permission", "write_back.opportunities", "error"),
    ),
    "marketo: opportunities of a native CRM": (
        "initech",
        [initech("set", native_crm=True)],
        [initech("set", native_crm=False)],
        ("read_only", "opportunity", "error"),
    ),
    # Eloqua
    "eloqua: a contact field": (
        "umbrella",
        [umbrella("remove_field", element="contacts", internal="C_Country")],
        [umbrella("add_field", element="contacts", internal="C_Country")],
        ("field_missing", "Lead.C_Country", "error"),
    ),
    "eloqua: a status field": (
        "umbrella",
        [umbrella("remove_field", element="contacts", internal="C_LL_Sales_Status1")],
        [umbrella("add_field", element="contacts", internal="C_LL_Sales_Status1")],
        ("field_missing", "Lead.C_LL_Sales_Status1", "error"),
    ),
    "eloqua: a field of events": (
        "umbrella",
        [umbrella("remove_field", element="customObjects/8", internal="Subject1")],
        [umbrella("add_field", element="customObjects/8", internal="Subject1")],
        ("field_missing", "8.Subject1", "error"),
    ),
    "eloqua: the key of opportunities": (
        "umbrella",
        [umbrella("remove_field", element="customObjects/9", internal="Leadline_Id1")],
        [umbrella("add_field", element="customObjects/9", internal="Leadline_Id1")],
        ("field_missing", "9.Leadline_Id1", "error"),
    ),
    "eloqua: another type": (
        "umbrella",
        [
            umbrella("remove_field", element="customObjects/9", internal="Stage1"),
            umbrella("add_field", element="customObjects/9", internal="Stage1", type="number"),
        ],
        [
            umbrella("remove_field", element="customObjects/9", internal="Stage1"),
            umbrella("add_field", element="customObjects/9", internal="Stage1"),
        ],
        ("type", "9.Stage1", "warning"),
    ),
    "eloqua: an input of the form": (
        "umbrella",
        [umbrella("update", object="form", id="7", values={"fields": ["emailAddress"]})],
        [umbrella("update", object="form", id="7", values={"fields": ["emailAddress", "comments"]})],
        ("field_missing", "Form.comments", "error"),
    ),
    "eloqua: a permission": (
        "umbrella",
        [fault("eloqua", "status", "bulk.fields", {"org": "umbrella"}, status=403)],
        [],
        ("credentials", "connection", "error"),
    ),
    # files
    "sftp: a permission": (
        "acme",
        [fault("sftp", "denied", "rename", {"account": "acme"})],
        [],
        ("permission", "/archive", "error"),
    ),
}

CRMS: dict[str, tuple[str, str, list[Step], list[Step], tuple[str, str, str]]] = {
    # Salesforce
    "salesforce: a field": (
        "acme",
        "sf-p001",
        [org("drop_field", object="Lead", name="Supplier_Ref__c")],
        [org("add_field", object="Lead", name="Supplier_Ref__c", length=40)],
        ("field_missing", "Lead.Supplier_Ref__c", "error"),
    ),
    "salesforce: the field of our id": (
        "acme",
        "sf-p001",
        [org("drop_field", object="Lead", name="Leadline_Id__c")],
        [org("add_field", **LEAD_ID, unique=True)],
        ("external_id_missing", "Lead.Leadline_Id__c", "error"),
    ),
    "salesforce: our id twice": (
        "acme",
        "sf-p001",
        [org("add_field", **LEAD_ID)],
        [org("add_field", **LEAD_ID, unique=True)],
        ("external_id_not_unique", "Lead.Leadline_Id__c", "error"),
    ),
    "salesforce: a value": (
        "acme",
        "sf-p001",
        [org("set_picklist", object="Lead", name="Products__c", values=PRODUCTS[1:])],
        [org("set_picklist", object="Lead", name="Products__c", values=PRODUCTS)],
        ("value_missing", "Lead.Products__c=Routers", "warning"),
    ),
    "salesforce: a shorter field": (
        "acme",
        "sf-p001",
        [org("add_field", object="Lead", name="Supplier_Ref__c", length=10)],
        [org("add_field", object="Lead", name="Supplier_Ref__c", length=40)],
        ("length", "Lead.Supplier_Ref__c", "warning"),
    ),
    "salesforce: another type": (
        "acme",
        "sf-p001",
        [org("add_field", object="Lead", name="Event_Date__c", type="boolean")],
        [org("add_field", object="Lead", name="Event_Date__c", type="date")],
        ("type", "Lead.Event_Date__c", "warning"),
    ),
    "salesforce: a required field of theirs": (
        "acme",
        "sf-p001",
        [org("add_field", object="Lead", name="Region__c", required=True)],
        [org("drop_field", object="Lead", name="Region__c")],
        ("required_unmapped", "Lead.Region__c", "error"),
    ),
    "salesforce: a hidden object": (
        "acme",
        "sf-p001",
        [fault("salesforce", "status", "describe", {"org": "p001", "object": "Lead"}, **NOT_FOUND)],
        [],
        ("object_missing", "Lead", "error"),
    ),
    # Dynamics
    "dynamics: a column": (
        "hooli",
        "dyn-d002",
        [dynamics("hide_columns", object="lead", columns=["ll_consent"])],
        [dynamics("hide_columns", object="lead", columns=[])],
        ("field_missing", "lead.ll_consent", "error"),
    ),
    "dynamics: the column of our id": (
        "hooli",
        "dyn-d002",
        [dynamics("hide_columns", object="lead", columns=["ll_leadlineid"])],
        [dynamics("hide_columns", object="lead", columns=[])],
        ("field_missing", "lead.ll_leadlineid", "warning"),
    ),
    "dynamics: the key": (
        "hooli",
        "dyn-d002",
        [dynamics("key_state", object="lead", state="Pending")],
        [dynamics("key_state", object="lead", state="Active")],
        ("external_id", "lead.ll_leadlineid", "warning"),
    ),
    "dynamics: a privilege": (
        "hooli",
        "dyn-d002",
        [dynamics("privileges", missing=["prvCreateLead"])],
        [dynamics("privileges", missing=[])],
        ("permission", "prvCreateLead", "error"),
    ),
    # Saleslink
    "saleslink: the version": (
        "hooli",
        "sl-k001",
        [saleslink("configure", product_version="3.4")],
        [saleslink("configure", product_version="3.5")],
        ("version", "connection", "error"),
    ),
    "saleslink: a permission": (
        "hooli",
        "sl-k001",
        [fault("saleslink", "fault", "GetUsers", {"org": "k001"}, code="AUTH")],
        [],
        ("credentials", "connection", "error"),
    ),
}
