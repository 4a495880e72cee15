"""The partners' Salesforce orgs, and the members of Globex's campaigns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.client import Control

Json = dict[str, Any]


def org_differences(control: Control, org: str, expected: list[Json]) -> Iterator[str]:
    """Yield how one partner's org differs."""
    tasks = Counter(task.get("WhoId") for task in control.records(org, "Task"))
    for object_ in ("Lead", "Contact"):
        wanted: dict[str, list[Json]] = {}
        for record in expected:
            if record["object"] == object_:
                wanted.setdefault(key_of(record["email"]), []).append(record)
        there: dict[str, list[Json]] = {}
        for record in control.records(org, object_):
            there.setdefault(key_of(record.get("Email")), []).append(record)
        for email in sorted(wanted.keys() | there.keys()):
            must, are = wanted.get(email, []), there.get(email, [])
            name = f"{org} {object_} {email}"
            if len(must) != len(are):
                yield f"{name}: {len(must)} expected, {len(are)} there"
            elif must:
                yield from _record(name, must[0], are[0], tasks[are[0]["Id"]])


def _record(name: str, must: Json, there: Json, tasks: int) -> Iterator[str]:
    for field, value in must["fields"].items():
        if not _same(field, value, there.get(field)):
            yield f"{name}: {field} must be {value!r}, is {there.get(field)!r}"
    external_id = "set" if there.get("Leadline_Id__c") else None
    if external_id != must["external_id"]:
        yield f"{name}: external id must be {must['external_id']!r}, is {external_id!r}"
    if there.get("OwnerId") != must["owner"]:
        yield f"{name}: owner must be {must['owner']}, is {there.get('OwnerId')}"
    if tasks != must["tasks"]:
        yield f"{name}: {must['tasks']} tasks expected, {tasks} there"


def member_differences(control: Control, expected: list[Json]) -> Iterator[str]:
    """Yield how what was written back to Globex's members differs."""
    leads = {one["Id"]: one for one in control.records("globex", "Lead")}
    campaigns = {one["Id"]: one["Name"] for one in control.records("globex", "Campaign")}
    there: dict[tuple[str, str, str], list[Json]] = {}
    for member in control.records("globex", "CampaignMember"):
        lead = leads.get(member.get("LeadId", ""), {})
        key = (key_of(lead.get("Email")), str(lead.get("LastName")), campaigns[member["CampaignId"]])
        there.setdefault(key, []).append(member)
    wanted: dict[tuple[str, str, str], list[Json]] = {}
    for one in expected:
        key = (key_of(one["email"]), one["last_name"], one["campaign"])
        wanted.setdefault(key, []).append(one["values"])
    for key in sorted(wanted.keys() | there.keys()):
        must, are = wanted.get(key, []), there.get(key, [])
        name = f"globex CampaignMember {' / '.join(key)}"
        if len(must) != len(are):
            yield f"{name}: {len(must)} expected, {len(are)} there"
            continue
        # Several members of one person in one campaign must all say the same.
        for values, member in zip(must, are, strict=True):
            for field, value in values.items():
                is_ = "set" if value == "set" and member.get(field) else member.get(field)
                if is_ != value:
                    yield f"{name}: {field} must be {value!r}, is {is_!r}"


def _same(field: str, must: Any, is_: Any) -> bool:
    if field == "Email":
        return key_of(must) == key_of(is_)
    if field == "Products__c":
        return set((must or "").split(";")) == set((is_ or "").split(";"))
    return bool(must == is_)


def key_of(email: str | None) -> str:
    """Return an e-mail as records are matched by it."""
    return (email or "").strip().lower()
