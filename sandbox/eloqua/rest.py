"""Application API 1.0 and 2.0: collections and assets.

Source: Oracle, "Application 2.0 API": campaigns, custom objects, forms, segments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sandbox.eloqua import stamps
from sandbox.eloqua.calls import Answer, Call, Refused, bad_property
from sandbox.eloqua.store import Record
from sandbox.eloqua.tenant import State

MOST = 1000
_SEARCH = re.compile(r"\s*(?:(\w+)\s*(!=|>=|<=|=|>|<)\s*)?(.*?)\s*")
ASSETS = {
    "campaign": ("campaign", "Campaign"),
    "form": ("form", "Form"),
    "contact/segment": ("segment", "ContactSegment"),
    "contact/list": ("list", "ContactList"),
    "customobject": ("customObject", "CustomObject"),
}


def list_of(call: Call, elements: list[Record]) -> Answer:
    """Return the page of a collection that a call asks for: searched, ordered, cut."""
    count = call.number("count", MOST, MOST, 1)
    page = max(call.number("page", 1, 10**9), 1)  # some clients count from 0
    found = [one for one in elements if _matches(one, call.query.get("search", ""))]
    if since := call.query.get("lastUpdatedAt"):
        found = [one for one in found if int(one.get("updatedAt") or 0) >= int(since)]
    name, _, direction = call.query.get("orderBy", "").partition(" ")
    if name:
        found.sort(key=lambda one: _rank(one.get(name)), reverse=direction.upper() == "DESC")
    part = found[(page - 1) * count : page * count]
    if call.trouble("empty_page") is not None:
        part = []
    shown = [_at_depth(one, call.query.get("depth") or "minimal") for one in part]
    return Answer(
        200, {"elements": shown, "page": page, "pageSize": count, "total": len(found)}, rows=len(shown)
    )


def _rank(value: Any) -> tuple[int, Any]:
    text = str(value or "")
    return (0, int(text)) if text.isdigit() else (1, text.casefold())


def _at_depth(element: Record, depth: str) -> Record:
    """Return an element with less in it at minimal depth; a depth nobody knows is complete."""
    if depth != "minimal":
        return {**element, "depth": "partial" if depth == "partial" else "complete"}
    kept = {"type", "id", "name", "createdAt", "updatedAt", "emailAddress", "currentStatus", "permissions"}
    return {name: value for name, value in element.items() if name in kept} | {"depth": "minimal"}


def _matches(element: Record, search: str) -> bool:
    found = _SEARCH.fullmatch(search)
    if not search.strip() or not found:
        return True
    name, operator, text = found[1] or "name", found[2] or "=", found[3].strip("'\"")
    value = str(element.get(name) or element.get("emailAddress" if not found[1] else name) or "")
    if name in {"createdAt", "updatedAt"} and not text.isdigit():
        text = stamps.epoch(text)
    if value.isdigit() and text.isdigit():
        return _compare(int(value), operator, int(text))
    if "*" in text:
        pattern = ".*".join(map(re.escape, text.casefold().split("*")))
        return bool(re.fullmatch(pattern, value.casefold())) == (operator != "!=")
    return _compare(value.casefold(), operator, text.casefold())


def _compare(left: Any, operator: str, right: Any) -> bool:
    return bool(
        {
            "=": left == right,
            "!=": left != right,
            ">": left > right,
            "<": left < right,
            ">=": left >= right,
            "<=": left <= right,
        }[operator]
    )


def from_epoch(text: str) -> str:
    """Return the time that epoch seconds name, as a field keeps it; other text as it is."""
    return datetime.fromtimestamp(int(text), UTC).strftime("%Y-%m-%d %H:%M:%S") if text.isdigit() else text


def asset_json(record: Record, type_: str) -> Record:
    """Return an asset as the Application API shows it."""
    shown = {
        name: value
        for name, value in record.items()
        if name[0] != "_" and name not in {"members", "createdAt", "updatedAt", "fields"}
    }
    if "members" in record:
        shown["count"] = str(len(record["members"]))
    for name in ("startAt", "endAt"):
        if shown.get(name):
            shown[name] = stamps.epoch(shown[name])
    return {
        "type": type_,
        **shown,
        "createdAt": stamps.epoch(record["createdAt"]),
        "updatedAt": stamps.epoch(record["updatedAt"]),
    }


def assets(state: State, call: Call, kind: str) -> Answer:
    """List assets; with `lastUpdatedAt` the deleted ones too."""
    table, type_ = ASSETS[kind]
    records: Iterable[Record] = state.store.live(table)
    if call.query.get("lastUpdatedAt"):
        records = list(state.store.table(table).values())
    shown = []
    for record in records:
        entry = asset_json(record, type_)
        if table == "customObject":
            entry["fields"] = _object_fields(state, record["id"])
        if table == "form":
            entry["elements"] = _inputs(record)
        shown.append(entry)
    return list_of(call, shown)


def asset(state: State, call: Call, kind: str, id_: str) -> Answer:
    """Read, replace or delete an asset."""
    table, type_ = ASSETS[kind]
    record = state.store.find(table, id_)
    if record is None:
        raise Refused(404)
    if call.method == "DELETE":
        record["_deleted"], record["updatedAt"] = True, state.now
        state.store.put(table, record)
        return Answer(200)
    if call.method == "PUT":
        kept: Record = {
            name: record[name] for name in ("id", "createdAt", "members", "fields") if name in record
        }
        record = {**_asset_body(call), **kept, "updatedAt": state.now}
        state.store.put(table, record)
    shown = asset_json(record, type_)
    if table == "customObject":
        shown["fields"] = _object_fields(state, id_)
    if table == "form":
        shown["elements"] = _inputs(record)
    return Answer(200, _at_depth(shown, call.query.get("depth") or "complete"), rows=1)


def create_asset(state: State, call: Call, kind: str) -> Answer:
    """Make an asset."""
    table, type_ = ASSETS[kind]
    body = _asset_body(call)
    if not body.get("name"):
        raise bad_property("name", body.get("name"), "NotNullRequirement")
    record: Record = {**body, "id": state.store.next_id(table), **state.stamped()}
    if table == "campaign":
        record.setdefault("currentStatus", "Draft")
    if table in {"segment", "list"}:
        record["members"] = []
    state.store.put(table, record)
    return Answer(201, asset_json(record, type_), rows=1)


def activate(state: State, _: Call, id_: str, status: str) -> Answer:
    """Make a campaign active, or a draft again."""
    record = state.store.find("campaign", id_)
    if record is None:
        raise Refused(404)
    record["currentStatus"], record["updatedAt"] = status, state.now
    state.store.put("campaign", record)
    return Answer(200, asset_json(record, "Campaign"), rows=1)


def _asset_body(call: Call) -> Record:
    body = {
        name: value
        for name, value in call.json_object().items()
        if name not in {"id", "createdAt", "updatedAt", "members"}
    }
    for name in ("startAt", "endAt"):
        if str(body.get(name) or "").isdigit():
            body[name] = stamps.kept(stamps.moment(from_epoch(str(body[name]))))
    return body


def _object_fields(state: State, id_: str) -> list[Record]:
    return [
        {
            "type": "CustomObjectField",
            "id": field.id,
            "name": field.name,
            "internalName": field.internal,
            "dataType": field.type,
        }
        for field in state.fields(f"customObjects/{id_}").values()
    ]


def _inputs(record: Record) -> list[Record]:
    return [
        {"type": "FormField", "id": str(number), "name": name, "htmlName": name}
        for number, name in enumerate(record["fields"], 1)
    ]
