"""Application API: contacts, their fields and activities.

Source: Oracle, "Contacts REST endpoints".
"""

from __future__ import annotations

from sandbox.eloqua import stamps
from sandbox.eloqua.calls import Answer, Call, Refused, bad_property
from sandbox.eloqua.rest import MOST, from_epoch, list_of
from sandbox.eloqua.store import Record
from sandbox.eloqua.tenant import State


def contact_json(state: State, record: Record) -> Record:
    """Return a contact as the Application API shows it."""
    shown: Record = {
        "type": "Contact",
        "id": record["id"],
        "name": record["values"].get("C_EmailAddress", ""),
        "createdAt": stamps.epoch(record["createdAt"]),
        "updatedAt": stamps.epoch(record["updatedAt"]),
        "isSubscribed": "true",
        "isBounceback": "false",
    }
    others = []
    for field in state.fields("contacts").values():
        value = record["values"].get(field.internal) or ""
        if field.property:
            if value:
                shown[field.property] = value
        else:
            entry = {"type": "FieldValue", "id": field.id}
            if value:
                entry["value"] = stamps.epoch(value) if field.type == "date" else value
            others.append(entry)
    return {**shown, "fieldValues": others}


def _contact_values(state: State, body: Record) -> Record:
    fields = state.fields("contacts").values()
    values = {field.internal: str(body.get(field.property) or "") for field in fields if field.property}
    given = {str(one.get("id")): str(one.get("value") or "") for one in body.get("fieldValues") or ()}
    for field in fields:
        if not field.property:
            text = given.get(field.id, "")
            values[field.internal] = from_epoch(text) if field.type == "date" else text
    if "@" not in values["C_EmailAddress"]:
        raise bad_property("emailAddress", values["C_EmailAddress"], "EmailAddressRequirement")
    return values


def contacts(state: State, call: Call) -> Answer:
    """List contacts."""
    return list_of(call, [contact_json(state, one) for one in state.store.live("contact")])


def create_contact(state: State, call: Call) -> Answer:
    """Make a contact; the same e-mail address twice is a conflict."""
    values = _contact_values(state, call.json_object())
    if state.contact_by_email(values["C_EmailAddress"]):
        requirement = {"type": "UniquenessRequirement", "uniquenessScope": "global"}
        raise Refused(409, [{"type": "ObjectValidationError", "requirement": requirement}])
    return Answer(201, contact_json(state, state.make_contact(values)), rows=1)


def contact(state: State, call: Call, id_: str) -> Answer:
    """Read, replace or delete a contact; what a PUT leaves out is blank afterwards."""
    record = state.store.find("contact", id_)
    if record is None:
        raise Refused(404)
    if call.method == "DELETE":
        record["_deleted"] = True
        state.store.put("contact", record)
        return Answer(200)
    if call.method == "PUT":
        values = _contact_values(state, call.json_object())
        other = state.contact_by_email(values["C_EmailAddress"])
        if other is not None and other["id"] != id_:
            raise Refused(409)
        record["values"], record["updatedAt"] = values, state.now
        state.store.put("contact", record)
    return Answer(200, contact_json(state, record), rows=1)


def contact_fields(state: State, call: Call) -> Answer:
    """List the fields of contacts."""
    shown = [
        {
            "type": "ContactField",
            "id": field.id,
            "name": field.name,
            "internalName": field.internal,
            "dataType": "largeText" if field.type == "largeText" else field.type,
        }
        for field in state.fields("contacts").values()
    ]
    return list_of(call, shown)


def contact_activities(state: State, call: Call, id_: str) -> Answer:
    """Return a contact's activities of one type (`type`, `startDate`, `endDate` in epoch seconds)."""
    wanted = call.query.get("type", "").casefold()
    start, end = call.number("startDate", 0, 10**12), call.number("endDate", 10**12, 10**13)
    found = [
        {
            "type": "Activity",
            "id": one["id"],
            "activityType": one["type"][0].lower() + one["type"][1:],
            "activityDate": stamps.epoch(one["createdAt"]),
            "asset": one["asset_id"],
            "assetType": one["asset_type"],
            "contact": id_,
            "details": [{"Key": name, "Value": value} for name, value in one["fields"].items()],
        }
        for one in state.store.live("activity")
        if one["contact"] == id_
        and one["type"].casefold() == wanted
        and start <= int(stamps.epoch(one["createdAt"])) <= end
    ]
    return Answer(200, found[: call.number("count", MOST, MOST, 1)], rows=len(found))
