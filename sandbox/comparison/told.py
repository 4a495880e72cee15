"""What a supplier's system was told of each of its records, whatever it calls things.

A `told` has: `status`, `partner`, `not_routed`, `sales`, `reason`, `rep_name`, `rep_email`, `fields` (by our
names), `events` (how many) and `opportunities`. What was never written is None; labels are taken by their
first word. The keys are those of the manifest: file and line, or e-mail and last name (and campaign).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.client import Control

Json = dict[str, Any]
Key = tuple[str, ...]
Told = dict[Key, list[Json]]

_GLOBEX = {
    "status": "LL_Distribution_Status__c",
    "partner": "LL_Partner__c",
    "not_routed": "LL_Not_Routed__c",
    "sales": "LL_Sales_Status__c",
    "reason": "LL_Rejection_Reason__c",
    "rep_name": "LL_Rep_Name__c",
    "rep_email": "LL_Rep_Email__c",
}
_MARKETO = {
    "status": "llDistributionStatus",
    "partner": "llPartner",
    "not_routed": "llNotRouted",
    "sales": "llSalesStatus",
    "reason": "llRejectionReason",
    "rep_name": "llSalesRep",
    "rep_email": "llSalesRepEmail",
}
_ELOQUA = {
    "status": "C_LL_Status1",
    "partner": "C_LL_Partner1",
    "not_routed": "C_LL_Not_Routed1",
    "sales": "C_LL_Sales_Status1",
    "reason": "C_LL_Rejection1",
    "rep_name": "C_LL_Rep_Name1",
    "rep_email": "C_LL_Rep_Email1",
}
_FILES = {
    "status": "Status",
    "partner": "Dealer",
    "not_routed": "Not Routed",
    "sales": "Sales Status",
    "reason": "Reason",
    "rep_name": "Sales Rep",
    "rep_email": "Sales Rep Email",
}
_ACME = {
    "status": "LL Status",
    "partner": "LL Partner",
    "not_routed": "LL Not Routed",
    "sales": "LL Sales Status",
    "reason": "LL Rejection",
    "rep_name": "LL Sales Rep",
    "rep_email": "LL Sales Rep E-Mail",
    "file": "File",
    "line": "Line",
}
_PLACE = ("file", "line", "sequence")
FILE_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "acme": _ACME | {"sequence": "No"},
    "hooli": _FILES | {"file": "Source File", "line": "Line", "sequence": "No"},
}
"""Supplier of files -> what its status files call things."""


def told_of(control: Control, supplier: str) -> Told:
    """Return what a supplier was told, by record; several records may have one key."""
    readers = {"globex": _globex, "initech": _initech, "umbrella": _umbrella}
    return readers[supplier](control) if supplier in readers else _files(control, supplier)


def _globex(control: Control) -> Told:
    leads = {one["Id"]: one for one in control.records("globex", "Lead")}
    campaigns = {one["Id"]: one["Name"] for one in control.records("globex", "Campaign")}
    events = _counted(one.get("WhoId") for one in control.records("globex", "Task") if _ours(one))
    deals = _grouped(
        (one.get("Lead__c"), _deal(one, "Name", "Status__c", "Probability__c", "Amount__c", "Close_Date__c"))
        for one in control.records("globex", "Partner_Opportunity__c")
    )
    names = {"title": "Title", "phone": "Phone", "products": "Products__c", "tier_need": "Tier_Need__c"}
    found: Told = {}
    for member in control.records("globex", "CampaignMember"):
        lead = leads.get(member.get("LeadId", ""), {})
        told = _values(member, _GLOBEX) | {
            "fields": {name: lead.get(field) for name, field in names.items()},
            "events": events.get(lead.get("Id"), 0),
            "opportunities": deals.get(lead.get("Id"), []),
        }
        key = (_folded(lead.get("Email")), str(lead.get("LastName")), campaigns[member["CampaignId"]])
        found.setdefault(key, []).append(told)
    return found


def _ours(task: Json) -> bool:
    return bool(task.get("Leadline_Id__c"))


def _initech(control: Control) -> Told:
    def rows(name: str) -> list[Json]:
        return list(control.do("marketo", "initech", "rows", object=name))

    events = _counted(one["leadId"] for one in rows("activity") if one["activityTypeId"] == 100001)
    by_id = {one.get("externalOpportunityId"): one for one in rows("opportunity")}
    deals = _grouped(
        (
            role["leadId"],
            _deal(
                by_id[role["externalOpportunityId"]],
                "name",
                "dealStatus",
                "probability",
                "amount",
                "closeDate",
            ),
        )
        for role in rows("role")
        if role.get("externalOpportunityId") in by_id
    )
    found: Told = {}
    for lead in rows("lead"):
        told = _values(lead, _MARKETO) | {
            "fields": {"phone": lead.get("llPhone")},
            "events": events.get(lead["id"], 0),
            "opportunities": deals.get(lead["id"], []),
        }
        found.setdefault((_folded(lead.get("email")), str(lead.get("lastName"))), []).append(told)
    return found


def _umbrella(control: Control) -> Told:
    def rows(name: str) -> list[Json]:
        return list(control.do("eloqua", "umbrella", "rows", object=name))

    events = _counted(one.get("Contact_Id1") for one in rows("customObject/8"))
    deals = _grouped(
        (one.get("Contact_Id1"), _deal(one, "Name1", "Status1", "Probability1", "Amount1", "Close_Date1"))
        for one in rows("customObject/9")
    )
    found: Told = {}
    for contact in rows("contact"):
        told = _values(contact, _ELOQUA) | {
            # A reason that is none of those to choose from stands among the comments.
            "reason": contact.get("C_LL_Rejection1") or contact.get("C_LL_Reject_Comment1") or None,
            "fields": {"phone": contact.get("C_LL_Phone1") or None},
            "events": events.get(contact["id"], 0),
            "opportunities": deals.get(contact["id"], []),
        }
        last = contact.get("C_LastName") or None
        found.setdefault((_folded(contact.get("C_EmailAddress")), str(last)), []).append(told)
    return found


def _files(control: Control, supplier: str) -> Told:
    """Return the newest row of each lead, which is the one with the highest number."""
    columns = FILE_COLUMNS[supplier]
    files = [one for one in control.files(supplier) if one["path"].startswith("/outbox/")]
    status = [one for one in files if "status" in one["path"]]
    found: Told = {}
    newest: dict[Key, int] = {}
    for file in status:
        text = control.read_file(file["path"], account=supplier).decode("utf-8-sig")
        mark = ";" if ";" in text.partition("\n")[0] else ","
        for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=mark):
            values = {name: _plain(value) for name, value in row.items()}
            key = (str(values[columns["file"]]), str(values[columns["line"]]))
            number = int(values[columns["sequence"]] or 0)
            if number >= newest.get(key, -1):
                newest[key] = number
                found[key] = [_values(values, columns) | {"fields": {}, "events": 0, "opportunities": []}]
    return found


def _values(row: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    told = {name: row.get(field) or None for name, field in names.items() if name not in _PLACE}
    for name in ("status", "sales"):
        told[name] = str(told[name]).split()[0].casefold() if told[name] else None
    told["not_routed"] = bool(told["not_routed"])
    return told


def _deal(row: Mapping[str, Any], name: str, status: str, probability: str, amount: str, close: str) -> Json:
    close_date = row.get(close)
    return {
        "name": row.get(name),
        "status": str(row.get(status) or "").casefold() or None,
        "probability": _number(row.get(probability)),
        "amount": _number(row.get(amount)),
        "close_date": str(close_date)[:10] if close_date else None,
    }


def _number(value: Any) -> float | None:
    return None if value in (None, "") else float(value)


def _plain(value: str | None) -> str | None:
    """Return a cell without the apostrophe that keeps a spreadsheet from reckoning with it."""
    return value[1:] if value and value[0] == "'" and value[1:2] in "=+-@" else value


def _counted(keys: Iterable[Any]) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for key in keys:
        found[key] = found.get(key, 0) + 1
    return found


def _grouped(pairs: Iterable[tuple[Any, Json]]) -> dict[Any, list[Json]]:
    found: dict[Any, list[Json]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _folded(email: str | None) -> str:
    return (email or "").strip().lower()
