"""Up to 200 records in one call, each with its own result.

Source: REST API Developer Guide, "sObject Collections" and its pages for create, update, upsert, delete.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import identifiers
from .calls import Answer, Call
from .errors import Refused, no_such_column
from .fields import SObject
from .records import Writing
from .rows import RowResult, WriteRow, all_or_none, creator, deleter, updater, upserter, write_each
from .soql.columns import reader
from .soql.selection import Part, row_writer
from .store import OrgStore
from .upserts import key_field, not_a_key

MOST = 200
_MOST_RETRIEVED = 2_000


def create(call: Call) -> Answer:
    """Answer `POST composite/sobjects`."""
    return _write_typed(call, creator)


def update(call: Call) -> Answer:
    """Answer `PATCH composite/sobjects`."""
    return _write_typed(call, updater)


def upsert(call: Call, name: str, field_name: str) -> Answer:
    """Answer `PATCH composite/sobjects/X/<field>`."""
    store = call.org.store
    sobject = store.schema.object(name)
    field = key_field(sobject, field_name)
    if field is None:
        raise not_a_key(sobject, field_name)
    rows = _records(call)
    for row in rows:
        if _type(row).lower() != sobject.name.lower():
            raise Refused("INVALID_INPUT", f"Records of one type only: {sobject.name}")
        if field.name != "Id" and any(key.lower() == "id" for key in row):
            raise Refused(
                "INVALID_FIELD", "Id should not be specified in an upsert by an external id", ["Id"]
            )
    return _answer(call, rows, upserter(store, sobject, field, call.writing()))


def delete(call: Call) -> Answer:
    """Answer `DELETE composite/sobjects?ids=…`."""
    ids = [text.strip() for text in call.query.get("ids", "").split(",") if text.strip()]
    _check_count(len(ids), MOST)
    store, writing = call.org.store, call.writing()

    def write(row: Mapping[str, Any]) -> RowResult:
        sobject = store.schema.by_prefix(identifiers.normal(row["Id"]))
        if sobject is None:
            raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
        return deleter(store, sobject, writing)(row)

    rows = [{"Id": record_id} for record_id in ids]
    return _answer(call, rows, write, together=call.query.get("allOrNone", "").lower() == "true")


def retrieve(call: Call, name: str) -> Answer:
    """Answer `GET` or `POST composite/sobjects/X` with ids and fields; unknown ids give null."""
    if call.method == "POST":
        body = call.json_object()
        ids, fields = list(body.get("ids", [])), list(body.get("fields", []))
    else:
        ids = [text for text in call.query.get("ids", "").split(",") if text]
        fields = [text for text in call.query.get("fields", "").split(",") if text]
    _check_count(len(ids), _MOST_RETRIEVED)
    store = call.org.store
    sobject = store.schema.object(name)
    chosen: list[Part] = []
    for wanted in fields or ["Id"]:
        field = sobject.lower.get(wanted.lower())
        if field is None:
            raise no_such_column(wanted, sobject.name)
        chosen.append(((field.name,), reader(store, sobject, field)))
    write = row_writer(store, sobject, chosen, [])
    found = [store.get(sobject.name, identifiers.normal(record_id)) for record_id in ids]
    body_rows = [write(r, call.base) if r is not None and not r["IsDeleted"] else None for r in found]
    return Answer(200, body_rows, records=len(ids))


def _write_typed(call: Call, writer: Callable[[OrgStore, SObject, Writing], WriteRow]) -> Answer:
    rows = _records(call)
    store, writing = call.org.store, call.writing()
    writers: dict[str, WriteRow] = {}

    def write(row: Mapping[str, Any]) -> RowResult:
        kind = _type(row)
        if kind not in writers:
            writers[kind] = writer(store, store.schema.object_for_query(kind), writing)
        return writers[kind](row)

    for row in rows:
        _type(row)
    return _answer(call, rows, write)


def _answer(call: Call, rows: list[Any], write: WriteRow, *, together: bool | None = None) -> Answer:
    if together is None:
        together = call.json_object().get("allOrNone") is True
    store = call.org.store
    mark = store.mark()
    results = write_each(store, rows, write, trouble=call.trouble("row_error"))
    if together:
        results = all_or_none(store, mark, results)
    return Answer(200, [result.json() for result in results], records=len(rows))


def _records(call: Call) -> list[Any]:
    found = call.json_object().get("records")
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Refused("JSON_PARSER_ERROR", "The request body must hold an array of records")
    _check_count(len(found), MOST)
    return found


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise Refused(
            "EXCEEDED_ID_LIMIT",
            f"record limit reached. cannot submit more than {most} records into this call",
        )
    if count == 0:
        raise Refused("INVALID_INPUT", "At least one record is needed")


def _type(row: Mapping[str, Any]) -> str:
    attributes = row.get("attributes")
    kind = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(kind, str):
        raise Refused("INVALID_INPUT", "Include attributes.type in every record")
    return kind
