"""From a path to what is asked, and to who answers it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import actions, entities
from .calls import Answer, Call
from .errors import Refused, no_segment
from .metadata import document, entity_definitions
from .schema import NAMESPACE, Schema, Table, metadata_id

_SET = re.compile(r"(?P<set>\w+)(?:\((?P<key>(?:[^']|'(?:[^']|'')*')*?)\))?(?:/(?P<rest>.+))?\Z", re.DOTALL)


@dataclass(frozen=True)
class Found:
    """What a request asks for, by the room's name of the operation."""

    operation: str
    object: str | None
    answer: Callable[[Call], Answer]


def find(schema: Schema, method: str, path: str) -> Found:
    """Return what a path below the API's address asks for.

    Raises:
        Refused: It names nothing, or the method does not fit.
    """
    if path == "" and method == "GET":
        return Found("metadata", None, _service_document)
    if path == "$metadata":
        return Found(
            "metadata",
            None,
            lambda call: Answer(200, document(call.store).encode(), {"Content-Type": "application/xml"}),
        )
    if path.startswith("EntityDefinitions"):
        name = re.search(r"LogicalName='(\w+)'", path)
        return Found("metadata", name[1] if name else None, entity_definitions)
    if path == "sdkmessagefilters":
        return Found("metadata", None, _message_filters)
    if (unbound := actions.unbound(path)) is not None:
        return Found(_operation(path), None, unbound)
    found = _SET.match(path)
    table = schema.by_set.get(found["set"]) if found else None
    if found is None or table is None:
        raise no_segment(path.split("(", 1)[0].split("/", 1)[0])
    key, rest = found["key"], found["rest"]
    if rest and rest.startswith(NAMESPACE):
        return Found(_operation(rest), table.name, lambda call: actions.bound(call, table, key, rest))
    return _on_rows(method, table, key, rest)


def _on_rows(method: str, table: Table, key: str | None, rest: str | None) -> Found:
    if key is None and rest is None:
        if method == "GET":
            return Found("query", table.name, lambda call: entities.read_set(call, table))
        if method == "POST":
            return Found("create", table.name, lambda call: entities.create_row(call, table))
    elif key is None and rest == "$count" and method == "GET":
        return Found("count", table.name, lambda call: _count(call, table))
    elif key is not None and rest is None:
        if method == "GET":
            return Found("retrieve", table.name, lambda call: entities.read_row(call, table, key))
        if method == "PATCH":
            return Found("change", table.name, lambda call: entities.change_row(call, table, key))
        if method == "DELETE":
            return Found("delete", table.name, lambda call: entities.delete_row(call, table, key))
    elif key is not None and rest is not None:
        if rest.endswith("/$ref"):
            name = rest.removesuffix("/$ref")
            return Found(
                "associate", table.name, lambda call: entities.change_reference(call, table, key, name)
            )
        if method == "GET":
            return Found("retrieve", table.name, lambda call: entities.read_property(call, table, key, rest))
        if method in ("PUT", "DELETE"):
            return Found("change", table.name, lambda call: entities.write_property(call, table, key, rest))
    raise Refused("0x80060888", f"The HTTP method {method} is not supported for this resource.", 405)


def _count(call: Call, table: Table) -> Answer:
    call.need("Read", table.name)
    return Answer(200, len(call.store.tables[table.name]))


def _operation(name: str) -> str:
    bare = name.removesuffix("()").removeprefix(NAMESPACE).split("(", 1)[0]
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", bare).lower().replace("who_am_i", "whoami")


def _service_document(call: Call) -> Answer:
    """Return the names of all sets. Source: Microsoft Learn, "Web API service documents"."""
    value = [{"name": name, "kind": "EntitySet", "url": name} for name in sorted(call.schema.by_set)]
    return Answer(200, {"@odata.context": f"{call.api}/$metadata", "value": value}, rows=len(value))


def _message_filters(call: Call) -> Answer:
    """Return which tables know CreateMultiple and UpdateMultiple, as clients ask before they use them."""
    wanted = re.findall(r"primaryobjecttypecode eq '(\w+)'", call.query.get("$filter", ""))
    value: list[dict[str, Any]] = [
        {
            "sdkmessagefilterid": metadata_id("message", table, name),
            "sdkmessageid": {"sdkmessageid": metadata_id("message", name), "name": name},
        }
        for table in wanted
        if table in call.schema.tables
        for name in ("CreateMultiple", "UpdateMultiple")
    ]
    return Answer(200, {"@odata.context": f"{call.api}/$metadata#sdkmessagefilters", "value": value})
