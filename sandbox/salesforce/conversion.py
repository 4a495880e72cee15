"""What people do to leads in the user interface: convert them, merge them, take them back out of the bin.

There is no standard REST resource for these. Source: Object Reference, "Lead"; SOAP API Developer Guide,
"convertLead()", "merge()", "undelete()".
"""

from __future__ import annotations

from typing import Any

from . import identifiers, records
from .cascade import mark, undelete_children
from .disk import Record
from .errors import Refused
from .org import Org
from .records import Writing

_CONTACT_FROM_LEAD = {
    "FirstName": "FirstName", "LastName": "LastName", "Salutation": "Salutation", "Title": "Title",
    "Email": "Email", "Phone": "Phone", "MobilePhone": "MobilePhone", "Fax": "Fax",
    "LeadSource": "LeadSource", "Description": "Description", "MailingStreet": "Street",
    "MailingCity": "City", "MailingState": "State", "MailingPostalCode": "PostalCode",
    "MailingCountry": "Country",
}  # fmt: skip
_ACCOUNT_FROM_LEAD = {
    "Name": "Company", "Phone": "Phone", "Fax": "Fax", "Website": "Website", "Industry": "Industry",
    "AnnualRevenue": "AnnualRevenue", "NumberOfEmployees": "NumberOfEmployees", "BillingStreet": "Street",
    "BillingCity": "City", "BillingState": "State", "BillingPostalCode": "PostalCode",
    "BillingCountry": "Country", "Rating": "Rating",
}  # fmt: skip


def convert(
    org: Org,
    lead_id: str,
    *,
    opportunity: bool = True,
    opportunity_name: str | None = None,
    account_id: str | None = None,
    contact_id: str | None = None,
    owner_id: str | None = None,
    status: str | None = None,
) -> dict[str, str | None]:
    """Convert a lead; return the ids of its account, contact and opportunity (None when not wanted).

    Tasks and campaign members move to the contact; the lead stays readable and refuses changes.

    Raises:
        Refused: The lead is converted already, deleted, or queue-owned with no owner given.
    """
    store = org.store
    with store.transaction():
        lead = records.live_record(store, store.schema.objects["Lead"], lead_id)
        if lead.get("IsConverted"):
            raise Refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
        owner = identifiers.normal(owner_id) if owner_id else lead["OwnerId"]
        if not owner.startswith("005"):
            raise Refused("INVALID_OWNER", "a queue-owned lead needs an owner to be converted", ["OwnerId"])
        writing = Writing(owner, store.stamp(), assignment=False, allow_duplicates=True)
        account = identifiers.normal(account_id) if account_id else _account(org, lead, owner, writing)
        contact = (
            identifiers.normal(contact_id) if contact_id else _contact(org, lead, account, owner, writing)
        )
        deal = None
        if opportunity:
            deal = _opportunity(org, lead, account, contact, owner, writing, opportunity_name)
        _move(org, lead["Id"], contact, account, writing.stamp)
        converted = {
            **lead, "IsConverted": True, "Status": status or _converted_status(org), "OwnerId": owner,
            "ConvertedDate": writing.stamp[:10], "ConvertedAccountId": account, "ConvertedContactId": contact,
            "ConvertedOpportunityId": deal, "LastModifiedDate": writing.stamp,
            "SystemModstamp": writing.stamp, "LastModifiedById": owner, "IsUnreadByOwner": False,
        }  # fmt: skip
        store.put("Lead", converted)
    return {"account_id": account, "contact_id": contact, "opportunity_id": deal}


def merge(org: Org, name: str, master_id: str, *lesser_ids: str) -> None:
    """Merge up to two records into a master: they are deleted and point at it; what hangs on them moves."""
    store = org.store
    sobject = store.schema.objects[name]
    with store.transaction():
        stamp = store.stamp()
        master = dict(records.live_record(store, sobject, master_id))
        for lesser_id in lesser_ids:
            lesser = records.live_record(store, sobject, lesser_id)
            for child, field in store.schema.children(sobject):
                if field.child_relationship is None or child.name == "Name":
                    continue
                there = {row.get("CampaignId") for row in store.live(child.name, field, master["Id"])}
                for row in store.live(child.name, field, lesser["Id"]):
                    if child.name == "CampaignMember" and row["CampaignId"] in there:
                        mark(store, child.name, row, deleted=True, stamp=stamp)  # one is enough
                        continue
                    moved = {**row, field.name: master["Id"], "SystemModstamp": stamp}
                    moved["LastModifiedDate"] = stamp
                    if child.name == "CampaignMember":
                        moved["LeadOrContactId"] = master["Id"]
                    store.put(child.name, moved)
            for key, value in lesser.items():
                if master.get(key) is None and value is not None and not key.startswith("MasterRecord"):
                    master[key] = value
            store.put(
                name,
                {
                    **lesser, "IsDeleted": True, "MasterRecordId": master["Id"], "SystemModstamp": stamp,
                    "LastModifiedDate": stamp,
                },
            )  # fmt: skip
        master["SystemModstamp"] = master["LastModifiedDate"] = stamp
        store.put(name, master)


def undelete(org: Org, record_id: str) -> None:
    """Take a record, and what was deleted with it, back out of the recycle bin."""
    store = org.store
    with store.transaction():
        known_id = identifiers.normal(record_id)
        sobject = store.schema.by_prefix(known_id)
        found = store.get(sobject.name, known_id) if sobject is not None else None
        if sobject is None or found is None or not found["IsDeleted"]:
            raise Refused("UNDELETE_FAILED", "the record is not in the recycle bin", [])
        stamp = store.stamp()
        mark(store, sobject.name, {**found, "MasterRecordId": None}, deleted=False, stamp=stamp)
        undelete_children(store, sobject.name, known_id, found["SystemModstamp"], stamp)


def _converted_status(org: Org) -> str:
    statuses = org.store.tables["LeadStatus"].values()
    return next((str(row["ApiName"]) for row in statuses if row.get("IsConverted")), "Closed - Converted")


def _copied(lead: Record, names: dict[str, str]) -> dict[str, Any]:
    return {to: lead[at] for to, at in names.items() if lead.get(at) is not None}


def _account(org: Org, lead: Record, owner: str, writing: Writing) -> str:
    values = _copied(lead, _ACCOUNT_FROM_LEAD)
    return records.create(
        org.store, org.store.schema.objects["Account"], {**values, "OwnerId": owner}, writing
    )


def _contact(org: Org, lead: Record, account: str, owner: str, writing: Writing) -> str:
    values = _copied(lead, _CONTACT_FROM_LEAD)
    # Custom fields of the same name are mapped by default when administrators set it up so; here they are,
    # but for unique keys, which name the lead.
    fields = org.store.schema.objects["Contact"].fields
    for key, value in lead.items():
        if key.endswith("__c") and key in fields and not fields[key].unique and value is not None:
            values[key] = value
    return records.create(
        org.store,
        org.store.schema.objects["Contact"],
        {**values, "AccountId": account, "OwnerId": owner},
        writing,
    )


def _opportunity(
    org: Org, lead: Record, account: str, contact: str, owner: str, writing: Writing, name: str | None
) -> str:
    store = org.store
    stages = sorted(store.tables["OpportunityStage"].values(), key=lambda row: int(row["SortOrder"]))
    year, month = int(writing.stamp[:4]), int(writing.stamp[5:7])
    quarter_end = {1: "03-31", 2: "06-30", 3: "09-30", 4: "12-31"}[(month + 2) // 3]
    deal = records.create(
        store,
        store.schema.objects["Opportunity"],
        {
            "Name": (name or f"{lead.get('Company', lead['LastName'])}-")[:120],
            "StageName": stages[0]["ApiName"],
            "CloseDate": f"{year}-{quarter_end}",
            "AccountId": account,
            "LeadSource": lead.get("LeadSource"),
            "OwnerId": owner,
        },
        writing,
    )
    records.create(
        store,
        store.schema.objects["OpportunityContactRole"],
        {"OpportunityId": deal, "ContactId": contact, "IsPrimary": True},
        writing,
    )
    return deal


def _move(org: Org, lead: str, contact: str, account: str, stamp: str) -> None:
    store = org.store
    for name in ("Task", "Event"):
        for row in store.live(name, store.schema.objects[name].fields["WhoId"], lead):
            moved = {**row, "WhoId": contact, "AccountId": account, "SystemModstamp": stamp}
            store.put(name, moved)
    for row in store.live("CampaignMember", store.schema.objects["CampaignMember"].fields["LeadId"], lead):
        # The member keeps its lead and gains the contact.
        store.put(
            "CampaignMember",
            {
                **row, "ContactId": contact, "LeadOrContactId": contact, "Type": "Contact",
                "SystemModstamp": stamp,
            },
        )  # fmt: skip
