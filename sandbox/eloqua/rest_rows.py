"""Application API: rows of custom objects, and what people sent by forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from sandbox.eloqua import stamps
from sandbox.eloqua.calls import Answer, Call, Refused, bad_property
from sandbox.eloqua.config import FORM_TO_CONTACT
from sandbox.eloqua.rest import from_epoch, list_of
from sandbox.eloqua.store import Record
from sandbox.eloqua.tenant import State


def row_json(state: State, object_: str, record: Record) -> Record:
    """Return a custom object's row as the Application API shows it."""
    values = []
    for field in state.fields(f"customObjects/{object_}").values():
        entry = {"type": "FieldValue", "id": field.id}
        if text := record["values"].get(field.internal):
            entry["value"] = stamps.epoch(text) if field.type == "date" else text
        values.append(entry)
    return {
        "type": "CustomObjectData",
        "id": record["id"],
        "uniqueCode": record["external"],
        "contactId": record["contact"],
        "createdAt": stamps.epoch(record["createdAt"]),
        "updatedAt": stamps.epoch(record["updatedAt"]),
        "fieldValues": values,
    }


def instances(state: State, call: Call, object_: str) -> Answer:
    """List the rows of a custom object; `search` may name a field by its internal name."""
    _there(state, object_)
    shown = []
    for record in state.rows(object_):
        shown.append({**row_json(state, object_, record), **_plain(state, object_, record)})
    found = list_of(call, shown)
    hidden = set(state.fields(f"customObjects/{object_}"))
    for one in found.body["elements"]:
        for name in hidden & one.keys():
            del one[name]
    return found


def create_instance(state: State, call: Call, object_: str) -> Answer:
    """Make a row."""
    _there(state, object_)
    body = call.json_object()
    record = state.make_row(object_, _values(state, object_, body), contact=str(body.get("contactId") or ""))
    return Answer(201, row_json(state, object_, record), rows=1)


def instance(state: State, call: Call, object_: str, id_: str) -> Answer:
    """Read, replace or delete a row."""
    _there(state, object_)
    record = state.store.find(f"row:{object_}", id_)
    if record is None:
        raise Refused(404)
    if call.method == "DELETE":
        record["_deleted"] = True
        state.store.put(f"row:{object_}", record)
        return Answer(200)
    if call.method == "PUT":
        body = call.json_object()
        record["values"], record["updatedAt"] = _values(state, object_, body), state.now
        record["contact"] = str(body.get("contactId") or record["contact"])
        state.store.put(f"row:{object_}", record)
    return Answer(200, row_json(state, object_, record), rows=1)


def submissions(state: State, call: Call, form: str) -> Answer:
    """List what was sent by a form (`startAt`, `endAt` in epoch seconds)."""
    record = state.store.find("form", form)
    if record is None:
        raise Refused(404)
    start, end = call.number("startAt", 0, 10**12), call.number("endAt", 10**12, 10**13)
    shown = [
        {
            "type": "FormData",
            "id": one["id"],
            "submittedAt": stamps.epoch(one["createdAt"]),
            "updatedAt": stamps.epoch(one["createdAt"]),
            "submittedByContactId": one["contact"],
            "fieldValues": [
                {"type": "FieldValue", "id": str(number), "value": one["inputs"].get(name, "")}
                for number, name in enumerate(record["fields"], 1)
            ],
        }
        for one in state.store.live("activity")
        if one["type"] == "FormSubmit"
        and one["asset_id"] == form
        and start <= int(stamps.epoch(one["createdAt"])) <= end
    ]
    # A form's data has no depths: it is always whole.
    return list_of(replace(call, query={**call.query, "depth": "complete"}), shown)


def submit(state: State, call: Call, form: str) -> Answer:
    """Take what somebody sends by a form; values go by the id of the input."""
    record = state.store.find("form", form)
    if record is None:
        raise Refused(404)
    given = {str(one.get("id")): str(one.get("value") or "") for one in call.json_object()["fieldValues"]}
    inputs = {name: given.get(str(number), "") for number, name in enumerate(record["fields"], 1)}
    if "@" not in inputs.get("emailAddress", ""):
        raise bad_property("emailAddress", inputs.get("emailAddress"), "EmailAddressRequirement")
    activity = take_submission(state, form, inputs)
    return Answer(201, {"type": "FormData", "id": activity["id"]}, rows=1)


def take_submission(
    state: State, form: str, inputs: Mapping[str, Any], *, campaign: str = "", **given: Any
) -> Record:
    """Make or update the sender's contact, and keep the activity."""
    record = state.store.table("form")[form]
    contact = state.contact_by_email(str(inputs["emailAddress"]))
    values = {
        FORM_TO_CONTACT[name]: text for name, text in inputs.items() if text and name in FORM_TO_CONTACT
    }
    if contact is None:
        stamped = {"createdAt": given["createdAt"], "updatedAt": given["createdAt"]} if given else {}
        contact = state.make_contact(values, **stamped)
    else:
        contact["values"] = {**contact["values"], **values}
        contact["updatedAt"] = given.get("createdAt", state.now)
        state.store.put("contact", contact)
    raw = urlencode({"elqFormName": record["name"], "elqSiteID": state.config.site_id, **inputs})
    return state.make_activity(
        "FormSubmit",
        contact["id"],
        asset_type="Form",
        asset_id=form,
        asset_name=record["name"],
        campaign=campaign,
        fields={"RawData": raw},
        inputs=dict(inputs),
        **given,
    )


def _there(state: State, object_: str) -> None:
    if state.store.find("customObject", object_) is None:
        raise Refused(404)


def _plain(state: State, object_: str, record: Record) -> Record:
    return {name: record["values"].get(name, "") for name in state.fields(f"customObjects/{object_}")}


def _values(state: State, object_: str, body: Record) -> Record:
    by_id = {field.id: field for field in state.fields(f"customObjects/{object_}").values()}
    values = {}
    for one in body.get("fieldValues") or ():
        field = by_id.get(str(one.get("id")))
        if field is None:
            raise bad_property("fieldValues", one.get("id"), "RelationshipRequirement")
        text = str(one.get("value") or "")
        values[field.internal] = from_epoch(text) if field.type == "date" else text
    return values
