"""The elements of the Bulk API: their fields, their records, and what a statement gives of a record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sandbox.eloqua import stamps
from sandbox.eloqua.activity_fields import ACTIVITY_FIELDS, ACTIVITY_STATEMENTS
from sandbox.eloqua.calls import Refused
from sandbox.eloqua.config import Field
from sandbox.eloqua.store import Record
from sandbox.eloqua.tenant import State

_CUSTOM = re.compile(r"\{\{CustomObject\[(\d+)\]\.(.+)\}\}")
_MEMBER = re.compile(r"\{\{Contact(List|Segment)\[(\d+)\]\}\}")
_FIELD = re.compile(r"Field\((\w+)\)")


class Unknown(LookupError):
    """A statement that this element does not know."""


def check_element(state: State, element: str) -> None:
    """Refuse an element that is not there."""
    kind, _, id_ = element.partition("/")
    if kind == "customObjects" and state.store.find("customObject", id_) is None:
        raise Refused(404)


def field_items(state: State, element: str, activity_type: str | None = None) -> list[Record]:
    """Return the fields of an element as the Bulk API lists them."""
    if element == "activities":
        return [
            {
                **_item(Field(str(number), name, name, type_), statement, f"/activities/fields/{number}"),
                "activityTypes": list(types),
            }
            for number, (name, (statement, type_, types)) in enumerate(ACTIVITY_FIELDS.items(), 1)
            if activity_type is None or activity_type in types
        ]
    if element == "campaigns":
        names = ("CampaignName", "CampaignType", "CRMCampaignId", "EloquaCampaignId")
        return [
            _item(
                Field(str(number), name, name),
                f"{{{{Campaign.Field({name})}}}}",
                f"/campaigns/fields/{number}",
            )
            for number, name in enumerate(names, 1)
        ]
    return [
        _item(field, statement_of(element, field), f"/{element}/fields/{field.id}")
        for field in state.fields(element).values()
    ]


def statement_of(element: str, field: Field) -> str:
    """Return how a field is named in definitions."""
    kind, _, id_ = element.partition("/")
    if kind == "customObjects":
        return f"{{{{CustomObject[{id_}].Field[{field.id}]}}}}"
    return f"{{{{{'Contact' if kind == 'contacts' else 'Account'}.Field({field.internal})}}}}"


def _item(field: Field, statement: str, uri: str) -> Record:
    return {
        "name": field.name,
        "internalName": field.internal,
        "dataType": "string" if field.type == "largeText" else field.type,
        "hasReadOnlyConstraint": field.read_only,
        "hasNotNullConstraint": False,
        "hasUniquenessConstraint": field.unique,
        "statement": statement,
        "uri": uri,
        "createdAt": "1900-01-01T05:00:00.0000000Z",
        "updatedAt": "1900-01-01T05:00:00.0000000Z",
    }


def records(state: State, element: str) -> Iterator[Record]:
    """Yield the records of an element."""
    kind, _, id_ = element.partition("/")
    if kind == "customObjects":
        return state.rows(id_)
    return state.store.live({"contacts": "contact", "accounts": "account", "activities": "activity"}[kind])


def resolve(state: State, element: str, record: Record, statement: str) -> Any:
    """Return what a statement gives of a record: a time, a truth (EXISTS), or text.

    Raises:
        Unknown: This element knows no such statement.
    """
    kind = element.partition("/")[0]
    if kind == "contacts":
        return _of_contact(state, record, statement)
    if kind == "customObjects":
        return _of_row(state, element, record, statement)
    if kind == "activities":
        return _of_activity(state, record, statement)
    name = statement.removeprefix("{{Account.").removesuffix("}}")
    return _plain(state, "accounts", record, name, statement)


def _of_contact(state: State, record: Record | None, statement: str) -> Any:
    if member := _MEMBER.fullmatch(statement):
        place = state.store.find(member[1].lower(), member[2])
        if place is None:
            raise Unknown(statement)
        return record is not None and record["id"] in place["members"]
    name = statement.removeprefix("{{Contact.").removesuffix("}}")
    if not statement.startswith("{{Contact."):
        raise Unknown(statement)
    return _contact_value(state, record, name, statement)


def _contact_value(state: State, record: Record | None, name: str, statement: str) -> Any:
    if name.startswith("Account."):
        account = state.store.find("account", str((record or {}).get("account", "")))
        return _plain(state, "accounts", account, name.removeprefix("Account."), statement)
    if name in {"Email.IsSubscribed", "Email.IsBounced"}:
        return "True" if name.endswith("IsSubscribed") else "False"
    if name == "Email.Format":
        return "" if record is None else "unspecified"
    return _plain(state, "contacts", record, name, statement)


def _plain(state: State, element: str, record: Record | None, name: str, statement: str) -> Any:
    """Return the value of `Id`, a stamp, or `Field(X)`; "" where there is no record."""
    found = _FIELD.fullmatch(name)
    if found:
        if found[1] not in state.fields(element):
            raise Unknown(statement)
        return "" if record is None else record["values"].get(found[1]) or ""
    if name == "Id":
        return "" if record is None else record["id"]
    if name in {"CreatedAt", "UpdatedAt"}:
        stamp = name[0].lower() + name[1:]
        return "" if record is None else stamps.moment(record[stamp])
    raise Unknown(statement)


def _of_row(state: State, element: str, record: Record, statement: str) -> Any:
    found = _CUSTOM.fullmatch(statement)
    if not found or f"customObjects/{found[1]}" != element:
        raise Unknown(statement)
    name = found[2]
    if name.startswith("Contact."):
        contact = state.store.find("contact", str(record["contact"]))
        return _contact_value(state, contact, name.removeprefix("Contact."), statement)
    if name == "ExternalId":
        return record["external"]
    number = re.fullmatch(r"Field\[(\d+)\]", name)
    if number:
        for field in state.fields(element).values():
            if field.id == number[1]:
                return record["values"].get(field.internal) or ""
        raise Unknown(statement)
    return _plain(state, element, record, name, statement)


def _of_activity(state: State, record: Record, statement: str) -> Any:
    name = statement.removeprefix("{{Activity.").removesuffix("}}")
    direct = {
        "Id": "id",
        "Type": "type",
        "Asset.Type": "asset_type",
        "Asset.Id": "asset_id",
        "Asset.Name": "asset_name",
        "Campaign.Id": "campaign",
        "Contact.Id": "contact",
    }
    if name in direct:
        return record[direct[name]]
    if name == "CreatedAt":
        return stamps.moment(record["createdAt"])
    if name == "ExternalId":
        return record.get("external", "")
    if name == "Campaign.Field(CampaignName)":
        return (state.store.find("campaign", record["campaign"]) or {}).get("name", "")
    if name.startswith("Contact."):
        contact = state.store.find("contact", record["contact"])
        return _contact_value(state, contact, name.removeprefix("Contact."), statement)
    if statement in ACTIVITY_STATEMENTS:
        found = _FIELD.fullmatch(name)
        return record["fields"].get(found[1] if found else name, "")
    raise Unknown(statement)


def known(state: State, element: str, statement: str) -> bool:
    """Say whether a statement means something of this element."""
    blank: Record = {
        "id": "", "contact": "", "campaign": "", "type": "", "external": "", "asset_type": "", "asset_id": "",
        "asset_name": "", "fields": {}, "values": {}, "createdAt": state.now, "updatedAt": state.now,
    }  # fmt: skip
    try:
        resolve(state, element, blank, statement)
    except Unknown:
        return False
    return True
