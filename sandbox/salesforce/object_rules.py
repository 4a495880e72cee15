"""What the org does of itself when a record of one object is written, beyond the rules of its fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .disk import Record
from .errors import Refused
from .store import OrgStore


class Save(NamedTuple):
    """One record on its way to the store; `old` is None on create, `stamp` is the time of the write."""

    store: OrgStore
    record: Record
    old: Record | None
    stamp: str


Rule = Callable[[Save], None]


def before_write(name: str, save: Save) -> None:
    """Fill and check the record in place before it is stored."""
    rule = _BEFORE.get(name)
    if rule is not None:
        rule(save)


def after_write(name: str, save: Save) -> None:
    """Write what follows from a stored record: roll-ups, statuses of a new campaign."""
    rule = _AFTER.get(name)
    if rule is not None:
        rule(save)


def _person_name(record: Record) -> None:
    record["Name"] = " ".join(part for part in (record.get("FirstName"), record.get("LastName")) if part)


def _lead(save: Save) -> None:
    store, record, old, stamp = save.store, save.record, save.old, save.stamp
    if old is not None and old.get("IsConverted"):
        raise Refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
    moved = record.get("Status") != (old or {}).get("Status")
    if moved and not record.get("IsConverted") and is_converted_status(store, record.get("Status")):
        raise Refused(
            "INVALID_STATUS", f"invalid status: {record['Status']} is set by converting the lead", ["Status"]
        )
    _person_name(record)
    if old is not None and old.get("OwnerId") != record.get("OwnerId"):
        record["LastTransferDate"] = stamp[:10]


def is_converted_status(store: OrgStore, status: str | None) -> bool:
    """Return whether a lead status means converted."""
    return any(
        row.get("ApiName") == status and row.get("IsConverted") for row in store.tables["LeadStatus"].values()
    )


def _contact(save: Save) -> None:
    record = save.record
    _person_name(record)
    record["IsEmailBounced"] = record.get("EmailBouncedDate") is not None


def _user(save: Save) -> None:
    record = save.record
    _person_name(record)


def _activity(save: Save) -> None:
    store, record, old = save.store, save.record, save.old
    who = record.get("WhoId")
    if who and who.startswith("00Q"):
        if record.get("WhatId"):
            raise Refused(
                "FIELD_INTEGRITY_EXCEPTION", "Related To ID: cannot be set when Name is a lead", ["WhatId"]
            )
        lead = store.get("Lead", who)
        if lead is not None and lead.get("IsConverted") and (old or {}).get("WhoId") != who:
            raise Refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", ["WhoId"])


def _task(save: Save) -> None:
    record, stamp = save.record, save.stamp
    _activity(save)
    closed = record.get("Status") == "Completed"
    record["IsClosed"] = closed
    record["IsHighPriority"] = record.get("Priority") == "High"
    record["CompletedDateTime"] = (record.get("CompletedDateTime") or stamp) if closed else None


def _event(save: Save) -> None:
    record = save.record
    _activity(save)
    start = record.get("StartDateTime") or record.get("ActivityDateTime")
    if start is None and record.get("ActivityDate") is None:
        raise Refused(
            "REQUIRED_FIELD_MISSING", "Required fields are missing: [StartDateTime]", ["StartDateTime"]
        )
    if start is not None:
        record["StartDateTime"] = record["ActivityDateTime"] = start
        record["ActivityDate"] = start[:10]


def _opportunity(save: Save) -> None:
    store, record, old = save.store, save.record, save.old
    stage = next(
        (
            row
            for row in store.tables["OpportunityStage"].values()
            if row["ApiName"] == record.get("StageName")
        ),
        None,
    )
    changed = old is None or old.get("StageName") != record.get("StageName")
    record["IsClosed"] = bool(stage and stage["IsClosed"])
    record["IsWon"] = bool(stage and stage["IsWon"])
    if stage is not None and changed:
        if old is None and record.get("Probability") is not None:
            pass  # a probability given with the stage stands
        elif old is None or old.get("Probability") == record.get("Probability"):
            record["Probability"] = stage["DefaultProbability"]
        record["ForecastCategory"] = stage["ForecastCategory"]
        record["ForecastCategoryName"] = stage["ForecastCategoryName"]
    amount, probability = record.get("Amount"), record.get("Probability")
    record["ExpectedRevenue"] = (
        round(amount * probability / 100, 2) if amount is not None and probability is not None else None
    )
    closes = record.get("CloseDate")
    if closes:
        record["FiscalYear"] = int(closes[:4])
        record["FiscalQuarter"] = (int(closes[5:7]) + 2) // 3


def _campaign(save: Save) -> None:
    record = save.record
    start, end = record.get("StartDate"), record.get("EndDate")
    if start and end and end < start:
        raise Refused(
            "FIELD_INTEGRITY_EXCEPTION", "Campaign end date must be on or after the start date", ["EndDate"]
        )


def _campaign_statuses(save: Save) -> None:
    store, record, old, stamp = save.store, save.record, save.old, save.stamp
    if old is not None:
        return
    sobject = store.schema.objects["CampaignMemberStatus"]
    for order, (label, responded) in enumerate((("Sent", False), ("Responded", True)), start=1):
        store.put(
            "CampaignMemberStatus",
            {
                "Id": store.new_id(sobject), "CampaignId": record["Id"], "Label": label, "SortOrder": order,
                "IsDefault": order == 1, "HasResponded": responded, "IsDeleted": False,
                **audit(record, stamp),
            },
        )  # fmt: skip


def audit(like: Record, stamp: str) -> Record:
    """Return the who and when of a record that the org makes by itself."""
    user = like["LastModifiedById"]
    return {
        "CreatedDate": stamp, "CreatedById": user, "LastModifiedDate": stamp, "LastModifiedById": user,
        "SystemModstamp": stamp,
    }  # fmt: skip


def _member(save: Save) -> None:
    store, record, old, stamp = save.store, save.record, save.old, save.stamp
    lead, contact = record.get("LeadId"), record.get("ContactId")
    fields = store.schema.objects["CampaignMember"].fields
    if old is None:
        if bool(lead) == bool(contact):
            raise Refused(
                "REQUIRED_FIELD_MISSING",
                "Required fields are missing: [LeadId or ContactId]",
                ["LeadId", "ContactId"],
            )
        person, field = (lead, fields["LeadId"]) if lead else (contact, fields["ContactId"])
        for other in store.live("CampaignMember", field, person):
            if other["CampaignId"] == record["CampaignId"]:
                raise Refused("DUPLICATE_VALUE", "Already a campaign member.", [])
        if lead and (store.get("Lead", lead) or {}).get("IsConverted"):
            raise Refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", ["LeadId"])
        record["LeadOrContactId"] = person
        record["Type"] = "Lead" if lead else "Contact"
    statuses = store.live(
        "CampaignMemberStatus",
        store.schema.objects["CampaignMemberStatus"].fields["CampaignId"],
        record["CampaignId"],
    )
    chosen = next((row for row in statuses if row["Label"] == record.get("Status")), None)
    if chosen is None:
        # A status the campaign does not have falls back to its default one (unverified).
        chosen = next((row for row in statuses if row.get("IsDefault")), None)
        record["Status"] = chosen["Label"] if chosen else "Sent"
    record["HasResponded"] = bool(chosen and chosen["HasResponded"])
    if record["HasResponded"] and not record.get("FirstRespondedDate"):
        record["FirstRespondedDate"] = stamp[:10]
    elif not record["HasResponded"]:
        record["FirstRespondedDate"] = None


def _count_member(save: Save) -> None:
    store, record, old = save.store, save.record, save.old

    def counts(member: Record | None) -> tuple[int, int, int]:
        if member is None or member["IsDeleted"]:
            return 0, 0, 0
        lead = bool(member.get("LeadId"))
        return int(lead), int(not lead), int(bool(member.get("HasResponded")))

    before, after = counts(old), counts(record)
    if before == after:
        return
    campaign = store.get("Campaign", record["CampaignId"])
    if campaign is None:
        return
    changed = dict(campaign)
    # A roll-up moves neither LastModifiedDate nor SystemModstamp of the campaign (unverified).
    names = ("NumberOfLeads", "NumberOfContacts", "NumberOfResponses")
    for name, was, now in zip(names, before, after, strict=True):
        changed[name] = (changed.get(name) or 0) + now - was
    store.put("Campaign", changed)


def _note(save: Save) -> None:
    record = save.record
    content: Any = record.get("Content")
    record["ContentSize"] = len(content) * 3 // 4 if content else 0


def _mirror_document(save: Save) -> None:
    store, record = save.store, save.record
    document = {key: value for key, value in record.items() if key != "Content"}
    store.put("ContentDocument", document)


_BEFORE: dict[str, Rule] = {
    "Lead": _lead, "Contact": _contact, "User": _user, "Task": _task, "Event": _event,
    "Opportunity": _opportunity, "Campaign": _campaign, "CampaignMember": _member, "ContentNote": _note,
}  # fmt: skip
_AFTER: dict[str, Rule] = {
    "Campaign": _campaign_statuses, "CampaignMember": _count_member, "ContentNote": _mirror_document,
}  # fmt: skip
