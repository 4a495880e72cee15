"""Objects and single records over REST: describe, create, read, change, delete, upsert, replication.

Source: REST API Developer Guide, "sObject Basic Information", "sObject Rows", "sObject Rows by External ID",
"sObject Get Updated", "sObject Get Deleted".
"""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from . import describe, identifiers, records, stamps, upserts
from .calls import Answer, Call
from .disk import Record
from .errors import Refused, no_such_column, not_found
from .fields import Field, SObject
from .rows import RowResult, write_each
from .soql.columns import reader
from .soql.selection import Part, row_writer

_UPDATED_DAYS = 30
_DELETED_DAYS = 15


def all_objects(call: Call) -> Answer:
    """Answer `GET sobjects`."""
    return Answer(200, describe.describe_all(call.org.store.schema, call.base))


def basic(call: Call, name: str) -> Answer:
    """Answer `GET sobjects/X`."""
    return Answer(200, describe.basic_information(call.org.store.schema.object(name), call.base))


def full(call: Call, name: str) -> Answer:
    """Answer `GET sobjects/X/describe`."""
    schema = call.org.store.schema
    return Answer(200, describe.describe(schema, schema.object(name), call.base))


def create(call: Call, name: str) -> Answer:
    """Answer `POST sobjects/X`."""
    sobject = call.org.store.schema.object(name)
    values = call.json_object()
    if any(key.lower() == "id" for key in values):
        raise Refused(
            "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", [], status=400
        )
    writing = call.writing()
    record_id = _one(
        call, values, lambda row: RowResult(records.create(call.org.store, sobject, row, writing))
    )
    location = {"Location": f"{call.base}/sobjects/{sobject.name}/{record_id}"}
    return Answer(201, {"id": record_id, "success": True, "errors": []}, location, records=1)


def read(call: Call, name: str, record_id: str) -> Answer:
    """Answer `GET sobjects/X/<id>`."""
    sobject = call.org.store.schema.object(name)
    record = call.org.store.get(sobject.name, _path_id(sobject, record_id))
    if record is None or record["IsDeleted"]:
        raise not_found()
    return Answer(200, _whole(call, sobject, record), records=1)


def update(call: Call, name: str, record_id: str) -> Answer:
    """Answer `PATCH sobjects/X/<id>`."""
    sobject = call.org.store.schema.object(name)
    known_id = _existing(call, sobject, record_id)
    writing = call.writing()

    def write(row: Any) -> RowResult:
        records.update(call.org.store, sobject, known_id, row, writing)
        return RowResult(known_id)

    _one(call, call.json_object(), write)
    return Answer(204, records=1)


def delete(call: Call, name: str, record_id: str) -> Answer:
    """Answer `DELETE sobjects/X/<id>`."""
    sobject = call.org.store.schema.object(name)
    records.delete(call.org.store, sobject, _existing(call, sobject, record_id), call.writing())
    return Answer(204, records=1)


def read_by_key(call: Call, name: str, field_name: str, value: str) -> Answer:
    """Answer `GET sobjects/X/<field>/<value>`."""
    sobject, field = _key(call, name, field_name)
    found = upserts.matches(call.org.store, sobject, field, upserts.key_value(field, value))
    if not found:
        raise not_found()
    if len(found) > 1:
        return _several(call, sobject, found)
    record = call.org.store.tables[sobject.name][found[0]]
    return Answer(200, _whole(call, sobject, record), records=1)


def delete_by_key(call: Call, name: str, field_name: str, value: str) -> Answer:
    """Answer `DELETE sobjects/X/<field>/<value>`."""
    sobject, field = _key(call, name, field_name)
    found = upserts.matches(call.org.store, sobject, field, upserts.key_value(field, value))
    if not found:
        raise not_found()
    if len(found) > 1:
        return _several(call, sobject, found)
    records.delete(call.org.store, sobject, found[0], call.writing())
    return Answer(204, records=1)


def upsert_by_key(call: Call, name: str, field_name: str, value: str) -> Answer:
    """Answer `PATCH sobjects/X/<field>/<value>`: 201 created, 200 changed, 300 when several have the key."""
    sobject, field = _key(call, name, field_name)
    values = call.json_object()
    for key in values:
        if key.lower() in {"id", field.name.lower()}:
            raise Refused(
                "INVALID_FIELD",
                f"The {key} field should not be specified in the sobject data.",
                [key],
            )
    key_text = upserts.key_value(field, value)
    found = upserts.matches(call.org.store, sobject, field, key_text)
    if len(found) > 1:
        return _several(call, sobject, found)
    if not found and (call.query.get("updateOnly", "").lower() == "true" or field.name == "Id"):
        raise not_found()
    writing = call.writing()

    def write(row: Any) -> RowResult:
        record_id, created = upserts.upsert(
            call.org.store, sobject, field, {**row, field.name: key_text}, writing
        )
        return RowResult(record_id, created)

    record_id = _one(call, values, write)
    body = {"id": record_id, "success": True, "errors": [], "created": not found}
    return Answer(200 if found else 201, body, records=1)


def updated(call: Call, name: str) -> Answer:
    """Answer `GET sobjects/X/updated`."""
    sobject = call.org.store.schema.object(name)
    start, end, covered = _window(call, _UPDATED_DAYS)
    ids = [
        record["Id"]
        for record in call.org.store.tables[sobject.name].values()
        if start <= record["SystemModstamp"] < end and not record["IsDeleted"]
    ]
    return Answer(200, {"ids": ids, "latestDateCovered": covered}, records=len(ids))


def deleted(call: Call, name: str) -> Answer:
    """Answer `GET sobjects/X/deleted`."""
    sobject = call.org.store.schema.object(name)
    start, end, covered = _window(call, _DELETED_DAYS)
    gone = [
        {"id": record["Id"], "deletedDate": record["SystemModstamp"]}
        for record in call.org.store.tables[sobject.name].values()
        if record["IsDeleted"] and start <= record["SystemModstamp"] < end
    ]
    earliest = stamps.text(call.org.store.now() - timedelta(days=_DELETED_DAYS))
    body = {"deletedRecords": gone, "earliestDateAvailable": earliest, "latestDateCovered": covered}
    return Answer(200, body, records=len(gone))


def _one(call: Call, values: Any, write: Any) -> str:
    result = write_each(call.org.store, [values], write, trouble=call.trouble("row_error"))[0]
    if result.error is not None:
        raise result.error
    return str(result.id)


def _path_id(sobject: SObject, record_id: str) -> str:
    try:
        known_id = identifiers.normal(record_id)
    except Refused:
        raise not_found(
            f"Provided external ID field does not exist or is not accessible: {record_id}"
        ) from None
    if not known_id.startswith(sobject.prefix):
        raise not_found()
    return known_id


def _existing(call: Call, sobject: SObject, record_id: str) -> str:
    known_id = _path_id(sobject, record_id)
    record = call.org.store.get(sobject.name, known_id)
    if record is None:
        raise not_found(f"Provided external ID field does not exist or is not accessible: {record_id}")
    _check_unmodified(call, record)
    return known_id


def _check_unmodified(call: Call, record: Record) -> None:
    """Refuse a change under a condition that does not hold. Source: REST guide, "Conditional Requests"."""
    since = call.headers.get("if-unmodified-since")
    if since is None:
        return
    try:
        limit = parsedate_to_datetime(since)
    except ValueError:
        raise Refused("INVALID_INPUT", "If-Unmodified-Since must be an HTTP date") from None
    if stamps.moment(record["SystemModstamp"]).replace(microsecond=0) > limit:
        raise Refused("PRECONDITION_FAILED", "The record was modified since", status=412)


def _key(call: Call, name: str, field_name: str) -> tuple[SObject, Field]:
    sobject = call.org.store.schema.object(name)
    field = upserts.key_field(sobject, field_name)
    if field is None:
        raise not_found(f"Provided external ID field does not exist or is not accessible: {field_name}")
    return sobject, field


def _several(call: Call, sobject: SObject, found: list[str]) -> Answer:
    return Answer(300, [f"{call.base}/sobjects/{sobject.name}/{record_id}" for record_id in found])


def _whole(call: Call, sobject: SObject, record: Record) -> Any:
    wanted = [name.strip() for name in call.query.get("fields", "").split(",") if name.strip()]
    chosen: list[Part] = []
    for name in wanted or sobject.fields:
        field = sobject.lower.get(name.lower())
        if field is None:
            raise no_such_column(name, sobject.name)
        chosen.append(((field.name,), reader(call.org.store, sobject, field)))
    return row_writer(call.org.store, sobject, chosen, [])(record, call.base)


def _window(call: Call, days: int) -> tuple[str, str, str]:
    # Seconds are cut off; a `+` sent unencoded arrives as a blank and makes the time unreadable.
    try:
        start, end = (
            stamps.datetime_text(call.query.get(name, "")).replace("Z", "")[:17] + "00.000+0000"
            for name in ("start", "end")
        )
    except ValueError:
        raise Refused("INVALID_REPLICATION_DATE", "start and end must be ISO 8601 with a zone") from None
    now = call.org.store.now()
    if start >= end:
        raise Refused("INVALID_REPLICATION_DATE", "startDate must be before endDate")
    if stamps.moment(start) < now - timedelta(days=days):
        raise Refused("INVALID_REPLICATION_DATE", f"startDate cannot be more than {days} days ago")
    return start, end, min(end, stamps.text(now))
