"""Dynamics 365 and Saleslink in a crash: their state kept and put back, and their records as plain rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from sandbox.client import Control

Tenant = tuple[str, str]  # vendor and name

OBJECTS: Mapping[str, Mapping[str, str]] = {
    "dynamics": {"lead": "leadid", "contact": "contactid", "task": "activityid"},
    "saleslink": {"Lead": "LeadId", "Event": "ExternalId"},
}
"""Vendor -> object -> the column of its id."""

_ANYTIME = ("createdon", "modifiedon", "versionnumber", "actualend", "CreatedUtc", "ModifiedUtc")


def keep(room: Any, file: Path) -> None:
    """Copy what a tenant holds into a file."""
    with closing(sqlite3.connect(file)) as kept:
        room._store._database.backup(kept)


def put_back(room: Any, file: Path) -> None:
    """Let a tenant hold what the file does."""
    store = room._store
    with getattr(store, "lock", None) or store._lock, closing(sqlite3.connect(file)) as kept:
        store.clear()
        kept.backup(store._database)
        if hasattr(store, "open"):  # it has its rows in memory
            store.close()
            store.open()
    if hasattr(room, "_endpoint"):
        room._endpoint.forget()  # the calls of the last minute


def names_of(control: Control, tenants: Iterable[Tenant]) -> dict[str, str]:
    """Return who each id of the tenants is: our own id, or e-mail."""
    names = {}
    for vendor, name in tenants:
        for object_, column in OBJECTS[vendor].items():
            for row in _rows(control, (vendor, name), object_):
                ours = row.get("ll_leadlineid") or row.get("ExternalId")
                said = row.get("emailaddress1") or row.get("Email") or row.get("subject")
                names[str(row[column])] = f"{name} {object_} {ours} {said}"
    return names


def side_of(control: Control, tenants: Iterable[Tenant]) -> dict[str, list[str]]:
    """Return the tenants' records, deleted ones too, by tenant and object."""
    tenants = list(tenants)
    names = names_of(control, tenants)
    found = {}
    for vendor, name in tenants:
        for object_ in OBJECTS[vendor]:
            rows = [_plain(row, names) for row in _rows(control, (vendor, name), object_)]
            found[f"{name} {object_}"] = sorted(json.dumps(row, sort_keys=True) for row in rows)
    return found


def _rows(control: Control, tenant: Tenant, object_: str) -> list[dict[str, Any]]:
    rows = list(control.do(*tenant, "rows", object=object_))
    # What a sabotage adds to our id is no difference by itself: a row that is there twice is one.
    return [
        row | {"ExternalId": row["ExternalId"].split()[0]} if "ExternalId" in row else row for row in rows
    ]


def _plain(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    kept = {
        name: [names.get(one, one) for one in value]
        if isinstance(value, list)
        else names.get(str(value), value)
        for name, value in row.items()
        if name not in _ANYTIME and not name.startswith("@")
    }
    if str(row.get("subcategory") or row.get("ExternalId")).startswith("D"):
        for moment in ("scheduledend", "OccurredUtc"):
            kept.pop(moment, None)  # of a note: when its record was pushed
    return kept
