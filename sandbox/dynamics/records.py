"""Rows as people and programs make, change and delete them, under the rules of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from .errors import Refused, bad_payload, no_record
from .schema import Table
from .store import Row, Store
from .values import keyed_row

CLOSED = {"lead": (1, 2), "opportunity": (1, 2), "task": (1, 2), "phonecall": (1, 2), "appointment": (1, 2)}
"""States in which a row is read-only, by table."""

_CHILDREN = (
    ("annotation", "objectid"),
    ("task", "regardingobjectid"),
    ("phonecall", "regardingobjectid"),
    ("appointment", "regardingobjectid"),
    ("listmember", "entityid"),
)
_NAMES = ("lead", "contact")
_STATE_COLUMNS = {"statecode", "statuscode"}


@dataclass(frozen=True)
class Writer:
    """Who writes, and whether duplicate detection rules are asked."""

    user_id: str
    detect_duplicates: bool = False


def create(
    store: Store, table: Table, values: Mapping[str, Any], writer: Writer, record_id: str | None = None
) -> str:
    """Make a row and return its id.

    Raises:
        Refused: A key is taken, a duplicate rule holds, a state does not fit.
    """
    record_id = (record_id or str(uuid4())).lower()
    if store.get(table.name, record_id) is not None:
        raise Refused("0x80040237", "Cannot insert duplicate key.")
    if values.get("statecode"):
        raise bad_payload("'statecode' is not valid for create")
    now = store.stamp()
    row: Row = {name: value for name, value in values.items() if value is not None}
    row[table.id_column] = record_id
    row |= {"createdon": values.get("overriddencreatedon") or now, "modifiedon": now}
    row |= {"createdby": ["systemuser", writer.user_id], "modifiedby": ["systemuser", writer.user_id]}
    if "ownerid" in table.columns:
        row.setdefault("ownerid", ["systemuser", writer.user_id])
    if table.is_activity:
        row["activitytypecode"] = table.name
    if table.states:
        state, (_, reasons) = next(iter(table.states.items()))
        reason = row.get("statuscode", reasons[0])
        _check_pair(table, state, reason)
        row |= {"statecode": state, "statuscode": reason}
    if table.name == "annotation" and "objectid" in row:
        row["objecttypecode"] = row["objectid"][0]
    _put(store, table, record_id, row, writer)
    return record_id


def update(store: Store, table: Table, record_id: str, values: Mapping[str, Any], writer: Writer) -> None:
    """Change a row.

    Raises:
        Refused: It is not there, is closed, or the values do not fit it.
    """
    before = store.get(table.name, record_id)
    if before is None:
        raise no_record(table.name, record_id)
    values = dict(values)
    state: Any = values.get("statecode", before.get("statecode"))
    if "statecode" in values and "statuscode" not in values and table.states:
        values["statuscode"] = table.states[state][1][0]
    if "statuscode" in values:
        _check_pair(table, state, values["statuscode"])
    closed = before.get("statecode") in CLOSED.get(table.name, ())
    if closed and set(values) - _STATE_COLUMNS and values.get("statecode", before["statecode"]) != 0:
        label = table.columns["statecode"].options[int(before["statecode"])]
        raise Refused("0x80040265", f"This {table.name} is read-only: it is {label}. Reactivate it first.")
    row = {name: value for name, value in (before | values).items() if value is not None}
    row |= {"modifiedon": store.stamp(), "modifiedby": ["systemuser", writer.user_id]}
    _put(store, table, record_id.lower(), row, writer)


def delete(store: Store, table: Table, record_id: str) -> None:
    """Take a row away, with its notes and activities; a tombstone stays for change tracking."""
    row = store.get(table.name, record_id)
    if row is None:
        raise no_record(table.name, record_id)
    store.put(table.name, record_id.lower(), None)
    tombstone = {"version": store.count("version"), "at": store.stamp(), "row": row}
    store.keep(f"gone:{table.name}", record_id.lower(), tombstone)
    for child, column in _CHILDREN:
        for one in list(store.find(child, column, record_id)):
            delete(store, store.schema.tables[child], one["_id"])


def _check_pair(table: Table, state: Any, reason: Any) -> None:
    if not table.states:
        return
    if state not in table.states or reason not in table.states[state][1]:
        label = table.states[state][0] if state in table.states else state
        name = f"{table.name.capitalize()}State.{label}"
        text = f"{reason} is not a valid status code for state code {name} on {table.name}."
        raise Refused("0x80048408", text)


def _put(store: Store, table: Table, record_id: str, row: Row, writer: Writer) -> None:
    if table.name in _NAMES:
        parts = [row.get(name) for name in ("firstname", "middlename", "lastname")]
        row["fullname"] = " ".join(str(part) for part in parts if part)
    _check_keys(store, table, record_id, row)
    if writer.detect_duplicates:
        _check_duplicates(store, table, record_id, row)
    row["versionnumber"] = store.count("version")
    store.put(table.name, record_id, row)


def _check_keys(store: Store, table: Table, record_id: str, row: Row) -> None:
    for key in (store.note("keys", table.name) or {}).values():
        values = {name: row.get(name) for name in key["columns"]}
        if key["state"] != "Active" or any(value is None for value in values.values()):
            continue
        other = keyed_row(store, table, values)
        if other is not None and other["_id"] != record_id:
            raise Refused(
                "0x80060892",
                "A record that has the attribute values "
                + ", ".join(f"{name}" for name in values)
                + f" already exists. The entity key {key['label']} requires that this set of attributes"
                " contains unique values. Select unique values and try again.",
            )


def _check_duplicates(store: Store, table: Table, record_id: str, row: Row) -> None:
    for rule in store.note("duplicates", table.name) or []:
        value = row.get(rule)
        if value and any(other["_id"] != record_id for other in store.find(table.name, rule, value)):
            raise Refused(
                "0x80040333",
                "A record was not created or updated because a duplicate of the current record already"
                " exists.",
            )
