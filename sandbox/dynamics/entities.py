"""Single rows and sets of rows over HTTP.

Source: Microsoft Learn, "Create a table row", "Update and delete table rows", "Use Upsert", "Perform
conditional operations".
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import records
from .calls import Answer, Call
from .errors import Refused, bad_payload, no_property, no_record, no_segment
from .fetch import fetch
from .queries import Asked, answer_query
from .schema import Table
from .shapes import Shower, collection, read_shape
from .store import Row
from .values import GUID, read_body, read_key, resolve, row_id


def read_set(call: Call, table: Table) -> Answer:
    """Return rows of a table."""
    call.need("Read", table.name)
    if "fetchXml" in call.query:
        return fetch(call, table)
    return page(call, table, f"{call.api}/{table.set_name}", None)


def page(call: Call, table: Table, url: str, rows: list[Row] | None) -> Answer:
    """Return one page of a set, or of the rows that are given."""
    wished = call.preferences.get("odata.maxpagesize")
    size = int(wished) if wished and wished.isdigit() else None
    if short := call.trouble.get("short_pages"):
        size = int(short.get("rows", 1))
    if "expired_delta" in call.trouble and "$deltatoken" in call.query:
        raise Refused("0x80044352", "Version stamp associated with the client has expired.", 400)
    tracks = "odata.track-changes" in call.preferences
    body = answer_query(call.store, table, Asked(url, call.query, size, call.annotations, tracks), rows)
    if foreign := call.trouble.get("foreign_link"):
        name = next(
            (one for one in ("@odata.nextLink", "@odata.deltaLink") if one in body), "@odata.nextLink"
        )
        body[name] = str(foreign.get("url", "https://elsewhere.example/api/data/v9.2/leads"))
    headers = {"Preference-Applied": call.headers["prefer"]} if call.headers.get("prefer") else {}
    return Answer(200, body, headers, rows=len(body["value"]))


def read_row(call: Call, table: Table, key: str) -> Answer:
    """Return one row."""
    call.need("Read", table.name)
    row = existing(call, table, key)
    return Answer(200, shown(call, table, row), rows=1)


def shown(call: Call, table: Table, row: Row) -> dict[str, Any]:
    """Return a row as the call wants to see it."""
    shape = read_shape(
        {name: call.query[name] for name in ("$select", "$expand") if name in call.query}, call.annotations
    )
    context = {"@odata.context": f"{call.api}/$metadata#{table.set_name}/$entity"}
    return context | Shower(call.store, table, shape).show(row)


def existing(call: Call, table: Table, key: str) -> Row:
    """Return the row of a key, which must be there."""
    record_id = row_id(call.store, table, key)
    row = call.store.get(table.name, record_id) if record_id else None
    if row is None:
        if record_id is None:
            values = ", ".join(str(value) for value in read_key(call.store, table, key).values())
            raise Refused(
                "0x80060891",
                f"A record with the specified key values does not exist in {table.name} entity: {values}",
            )
        raise no_record(table.name, record_id)
    return row


def create_row(call: Call, table: Table) -> Answer:
    """Make a row, with what a deep insert nests in it."""
    call.need("Create", table.name)
    record_id = insert(call, table, call.json)
    return written(call, table, record_id, created=True)


def insert(call: Call, table: Table, body: Any, key: str | None = None) -> str:
    """Make a row of a body; return its id."""
    flat, nested = _nested(table, body)
    given = flat.get(table.id_column)
    record_id = records.create(
        call.store,
        table,
        read_body(call.store, table, flat),
        call.writer,
        key or (str(given) if given else None),
    )
    for column, target, inner in nested:
        rows = inner if isinstance(inner, list) else [inner]
        for one in rows:
            _nest(call, table, record_id, column, target, one)
    return record_id


def _nested(table: Table, body: Any) -> tuple[dict[str, Any], list[tuple[str, str, Any]]]:
    if not isinstance(body, dict):
        raise bad_payload("the body is not a JSON object")
    flat: dict[str, Any] = {}
    nested: list[tuple[str, str, Any]] = []
    for name, value in body.items():
        if isinstance(value, dict) and name in table.navigation:
            nested.append((table.navigation[name][0].name, table.navigation[name][1][0], value))
        elif isinstance(value, list):
            nested.append(("", name, value))
        else:
            flat[name] = value
    return flat, nested


def _nest(call: Call, table: Table, record_id: str, column: str, target: str, body: Any) -> None:
    if column:
        inner = insert(call, call.schema.tables[target], body)
        records.update(call.store, table, record_id, {column: [target, inner]}, call.writer)
        return
    child, _ = collection(call.store, table, target)
    inner = insert(call, child, body)
    link = next(one.name for one in child.columns.values() if table.name in one.targets)
    records.update(call.store, child, inner, {link: [table.name, record_id]}, call.writer)


def change_row(call: Call, table: Table, key: str) -> Answer:
    """Change a row, or make it: an upsert unless the conditional headers say otherwise."""
    record_id = row_id(call.store, table, key)
    row = call.store.get(table.name, record_id) if record_id else None
    condition = call.headers.get("if-match")
    if call.headers.get("if-none-match", "").strip() == "*" and row is not None:
        raise Refused("0x80060892", "A record with matching key values already exists.", 412)
    if row is None:
        if condition is not None:
            existing(call, table, key)
        return _upsert_new(call, table, key, record_id)
    if condition is not None and condition.strip() not in ("*", f'W/"{row["versionnumber"]}"'):
        raise Refused(
            "0x80060882", "The version of the existing record doesn't match the RowVersion property provided."
        )
    call.need("Write", table.name)
    body = call.json
    if record_id and not GUID.fullmatch(key.strip()):
        keys = read_key(call.store, table, key)
        body = {name: value for name, value in body.items() if name not in keys}
    records.update(call.store, table, str(row["_id"]), read_body(call.store, table, body), call.writer)
    return written(call, table, str(row["_id"]), created=False)


def _upsert_new(call: Call, table: Table, key: str, record_id: str | None) -> Answer:
    call.need("Create", table.name)
    if record_id is not None:
        return written(call, table, insert(call, table, call.json, record_id), created=True)
    # A differing value in the body wins over the one in the URL.
    body = read_key(call.store, table, key) | dict(call.json)
    return written(call, table, insert(call, table, body), created=True)


def written(call: Call, table: Table, record_id: str, *, created: bool) -> Answer:
    """Return the answer to a write: the row when it is asked for, else its address."""
    headers = {"OData-EntityId": f"{call.api}/{table.set_name}({record_id})"}
    if created:
        headers["Location"] = headers["OData-EntityId"]
    if call.preferences.get("return") == "representation":
        row = call.store.get(table.name, record_id)
        if row is None:
            raise no_record(table.name, record_id)
        applied = {"Preference-Applied": "return=representation"}
        return Answer(201 if created else 200, shown(call, table, row), headers | applied, rows=1)
    return Answer(204, None, headers, rows=1)


def delete_row(call: Call, table: Table, key: str) -> Answer:
    """Delete a row."""
    call.need("Delete", table.name)
    row = existing(call, table, key)
    condition = call.headers.get("if-match")
    if condition is not None and condition.strip() not in ("*", f'W/"{row["versionnumber"]}"'):
        raise Refused(
            "0x80060882", "The version of the existing record doesn't match the RowVersion property provided."
        )
    records.delete(call.store, table, str(row["_id"]))
    return Answer(204, rows=1)


def read_property(call: Call, table: Table, key: str, name: str) -> Answer:
    """Return one property of a row, or what is behind a navigation property."""
    call.need("Read", table.name)
    row = existing(call, table, key)
    column = table.by_property.get(name)
    if column is not None:
        value = row.get(column.name)
        if value is None:
            return Answer(204)
        return Answer(200, {"@odata.context": f"{call.api}/$metadata#{table.set_name}", "value": value})
    if name in table.navigation:
        lookup = row.get(table.navigation[name][0].name)
        found = call.store.get(*lookup) if lookup else None
        if lookup is None or found is None:
            return Answer(204)
        return Answer(200, shown(call, call.schema.tables[lookup[0]], found), rows=1)
    target, read_rows = collection(call.store, table, name)
    return page(call, target, f"{call.api}/{table.set_name}({row['_id']})/{name}", read_rows(row))


def write_property(call: Call, table: Table, key: str, name: str) -> Answer:
    """Set one property of a row (PUT), or clear it (DELETE)."""
    call.need("Write", table.name)
    row = existing(call, table, key)
    value = call.json.get("value") if call.method == "PUT" else None
    column = name if name in table.columns else table.navigation.get(name, (None,))[0]
    if column is None:
        raise no_property(table.name, name)
    values = {column if isinstance(column, str) else column.name: None}
    if value is not None:
        values = read_body(call.store, table, {name: value})
    records.update(call.store, table, str(row["_id"]), values, call.writer)
    return Answer(204, rows=1)


def change_reference(call: Call, table: Table, key: str, name: str) -> Answer:
    """Associate rows, or part them."""
    row = existing(call, table, key)
    if name in table.navigation:
        column, targets = table.navigation[name]
        call.need("Write", table.name)
        lookup = (
            None if call.method == "DELETE" else resolve(call.store, str(call.json.get("@odata.id")), targets)
        )
        records.update(call.store, table, str(row["_id"]), {column.name: lookup}, call.writer)
        return Answer(204, rows=1)
    target, _ = collection(call.store, table, name)
    if table.name == "list" and call.method in ("POST", "PUT"):
        add_member(call, row, resolve(call.store, str(call.json.get("@odata.id")), (target.name,)))
        return Answer(204, rows=1)
    raise no_segment(name)


def add_member(call: Call, listed: Row, member: list[str]) -> str:
    """Put a row on a static list; one that is on it stays. Return the member's id."""
    for one in call.store.find("listmember", "listid", listed["_id"]):
        if one.get("entityid") == member:
            return str(one["_id"])
    table = call.schema.tables["listmember"]
    kinds = {1: "account", 2: "contact", 4: "lead"}
    if listed.get("type") or kinds.get(int(listed.get("createdfromcode", 0))) != member[0]:
        raise Refused("0x80040265", "The member does not fit the type of the list.", 400)
    values = {"listid": ["list", str(listed["_id"])], "entityid": member}
    return records.create(call.store, table, values, replace(call.writer, detect_duplicates=False))
