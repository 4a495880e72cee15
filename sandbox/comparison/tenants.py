"""The partners' Dynamics and Saleslink."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.client import Control
from sandbox.comparison.salesforce import key_of

Json = dict[str, Any]

_ACTIVITIES = (
    ("annotation", "objectid"),
    ("task", "regardingobjectid"),
    ("phonecall", "regardingobjectid"),
    ("appointment", "regardingobjectid"),
)
_LISTS = ("Products", "ll_products")


def tenant_differences(control: Control, vendor: str, tenant: str, expected: list[Json]) -> Iterator[str]:
    """Yield how one tenant differs; records of one e-mail are compared in any order."""
    found = _dynamics(control, tenant) if vendor == "dynamics" else _saleslink(control, tenant)
    for table in ("lead", "contact"):
        wanted: dict[str, list[Json]] = {}
        for record in expected:
            if record["table"] == table:
                wanted.setdefault(key_of(record["email"]), []).append(record)
        there = found.get(table, {})
        for email in sorted(wanted.keys() | there.keys()):
            must, are = wanted.get(email, []), list(there.get(email, []))
            name = f"{tenant} {table} {email}"
            if len(must) != len(are):
                yield f"{name}: {len(must)} expected, {len(are)} there"
                continue
            for record in must:
                options = [list(_record(name, record, one)) for one in are]
                best = min(range(len(are)), key=lambda place: len(options[place]))
                yield from options[best]
                del are[best]


def _record(name: str, must: Json, there: Json) -> Iterator[str]:
    for field, value in must["fields"].items():
        if not _same(field, value, there["fields"].get(field)):
            yield f"{name}: {field} must be {value!r}, is {there['fields'].get(field)!r}"
    if there["external_id"] != must["external_id"]:
        yield f"{name}: external id must be {must['external_id']!r}, is {there['external_id']!r}"
    if there["made_by"] not in (None, must["made_by"]):
        yield f"{name}: the owner must be {must['made_by']}, is {there['made_by']}"
    if there["activities"] != must["activities"]:
        yield f"{name}: {must['activities']} activities expected, {there['activities']} there"


def _dynamics(control: Control, tenant: str) -> dict[str, dict[str, list[Json]]]:
    def rows(table: str) -> list[Json]:
        return list(control.do("dynamics", tenant, "rows", object=table))

    application = {one["systemuserid"] for one in rows("systemuser") if one.get("applicationid")}
    activities = Counter(
        str(one[column][1]) for table, column in _ACTIVITIES for one in rows(table) if one.get(column)
    )
    found: dict[str, dict[str, list[Json]]] = {}
    for table in ("lead", "contact"):
        for row in rows(table):
            one = {
                "fields": row,
                "external_id": "set" if row.get("ll_leadlineid") else None,
                "made_by": "application" if row["ownerid"][1] in application else "people",
                "activities": activities[row[f"{table}id"]],
            }
            found.setdefault(table, {}).setdefault(key_of(row.get("emailaddress1")), []).append(one)
    return found


def _saleslink(control: Control, tenant: str) -> dict[str, dict[str, list[Json]]]:
    events = Counter(one["LeadId"] for one in control.do("saleslink", tenant, "rows", object="Event"))
    found: dict[str, list[Json]] = {}
    for row in control.do("saleslink", tenant, "rows", object="Lead"):
        one = {
            "fields": row,
            "external_id": "set" if row.get("ExternalId") else None,
            "made_by": None,  # a lead of Saleslink has no owner at first
            "activities": events[row["LeadId"]],
        }
        found.setdefault(key_of(row.get("Email")), []).append(one)
    return {"lead": found}


def _same(field: str, must: Any, is_: Any) -> bool:
    if field in ("emailaddress1", "Email"):
        return key_of(must) == key_of(is_)
    if field in _LISTS:
        return _parts(must) == _parts(is_)
    if field == "Consent" or field.endswith("Requested"):
        return str(must or "").casefold() == str(is_ or "").casefold()
    return bool(must == is_ or (must is None and is_ == ""))


def _parts(text: str | None) -> set[str]:
    return {one.strip() for one in (text or "").replace(";", ",").split(",") if one.strip()}
