"""Fields of Salesforce objects: their values as text, and what a describe says of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from hooks.salesforce.client import SalesforceClient
from leadline.errors import SchemaDrift
from leadline.ports import FieldDescription

NUMBERS = frozenset({"int", "double", "currency", "percent", "long"})


def as_text(value: Any) -> str | None:
    """Return a JSON value as text: `true`, plain digits, the vendor's own text; None for no value."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return plain_number(str(value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def plain_number(text: str) -> str:
    """Return a number without exponent and idle zeros, so that every API's spelling of it is the same."""
    try:
        return format(Decimal(text).normalize(), "f")
    except InvalidOperation:
        return text


def describe(client: SalesforceClient, objects: Iterable[str]) -> Mapping[str, Sequence[FieldDescription]]:
    """Return the fields of these objects as the org has them now; an object that is gone is left out."""
    found: dict[str, Sequence[FieldDescription]] = {}
    for object_ in dict.fromkeys(objects):
        try:
            described = client.describe(object_)
        except SchemaDrift:
            continue
        found[object_] = [field_description(field) for field in described["fields"]]
    return found


def field_description(field: Mapping[str, Any]) -> FieldDescription:
    """Return what we need of one entry of `fields`. Source: REST API Developer Guide, "sObject Describe"."""
    kind = str(field.get("type") or "")
    values = [entry for entry in field.get("picklistValues") or () if entry.get("active", True)]
    chosen = [str(entry["value"]) for entry in values if entry.get("defaultValue")]
    return FieldDescription(
        name=str(field["name"]),
        type=kind,
        length=field.get("length") or None,
        values=tuple(str(entry["value"]) for entry in values),
        default=";".join(chosen) or as_text(field.get("defaultValue")),
        restricted=bool(field.get("restrictedPicklist")),
        createable=bool(field.get("createable")),
        updateable=bool(field.get("updateable")),
        external_id=bool(field.get("externalId")),
        unique=bool(field.get("unique")),
        required=bool(
            not field.get("nillable", True) and field.get("createable") and not field.get("defaultedOnCreate")
        ),
    )
