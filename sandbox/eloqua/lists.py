"""Lists of the Bulk API: fields, custom objects, segments, shared lists.

Source: Oracle, "Retrieving large volumes of data".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.eloqua import elements, stamps
from sandbox.eloqua.calls import Answer, Call, Refused
from sandbox.eloqua.store import Record
from sandbox.eloqua.tenant import State

PAGE = 1000


def page_of(items: Sequence[Any], limit: int, offset: int) -> Answer:
    """Return a page; `items` is left out where there are none."""
    total = len(items)
    part = list(items[offset : offset + limit])
    body: Record = {
        "totalResults": total,
        "limit": limit,
        "offset": offset,
        "count": len(part),
        "hasMore": offset + len(part) < total,
    }
    if part:
        body["items"] = part
    return Answer(200, body, rows=len(part))


def list_page(call: Call, items: Sequence[Any]) -> Answer:
    """Return the page of a list that a call asks for."""
    limit = call.number("limit", PAGE, PAGE, 1)
    return page_of(items, limit, call.number("offset", 0, 10**9))


def fields(state: State, call: Call, element: str) -> Answer:
    """List the fields of an element."""
    elements.check_element(state, element)
    return list_page(call, elements.field_items(state, element, call.query.get("activityType")))


def one_field(state: State, _: Call, element: str, id_: str) -> Answer:
    """Return one field."""
    for item in elements.field_items(state, element):
        if item["uri"].endswith(f"/{id_}"):
            return Answer(200, item, rows=1)
    raise Refused(404)


def custom_objects(state: State, call: Call) -> Answer:
    """List the custom objects; `q=name='…'` finds one by its name."""
    wanted = call.query.get("q", "").partition("=")[2].strip("'\"").casefold()
    items = [
        {
            "name": record["name"],
            "uri": f"/customObjects/{record['id']}",
            "createdAt": stamps.in_definition(stamps.moment(record["createdAt"])),
            "updatedAt": stamps.in_definition(stamps.moment(record["updatedAt"])),
        }
        for record in state.store.live("customObject")
    ]
    return list_page(call, [item for item in items if not wanted or item["name"].casefold() == wanted])


def places(state: State, call: Call, kind: str) -> Answer:
    """List segments or shared lists of contacts."""
    items = [
        {"name": record["name"], "count": len(record["members"]), "uri": f"/contacts/{kind}s/{record['id']}"}
        for record in state.store.live(kind)
    ]
    return list_page(call, items)
