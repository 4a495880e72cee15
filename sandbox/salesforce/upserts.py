"""Finds the record that an external id names, and creates or changes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import identifiers, records
from .errors import Refused
from .fields import Field, SObject
from .records import Writing
from .store import OrgStore
from .values import coercion


def key_field(sobject: SObject, name: str) -> Field | None:
    """Return the field when records may be named by it: Id, an external id, or one used for look-ups."""
    field = sobject.lower.get(name.lower())
    return field if field is not None and (field.external_id or field.id_lookup) else None


def not_a_key(sobject: SObject, name: str) -> Refused:
    """Return the refusal of an upsert by a field that names no records."""
    return Refused(
        "INVALID_FIELD",
        f"Field name provided, {name} does not match an External ID, Salesforce Id, or indexed field for "
        f"{sobject.name}",
        [name],
    )


def matches(store: OrgStore, sobject: SObject, field: Field, value: Any) -> list[str]:
    """Return the ids of the live records of that name, in order."""
    if field.name == "Id":
        found = store.get(sobject.name, identifiers.normal(value))
        return [found["Id"]] if found is not None and not found["IsDeleted"] else []
    return sorted(record["Id"] for record in store.live(sobject.name, field, value))


def key_value(field: Field, value: Any) -> Any:
    """Return the key as the org would store it.

    Raises:
        Refused: The key is missing, or of another type.
    """
    try:
        stored = coercion(field)(value) if value is not None else None
    except ValueError:
        stored = None
    if stored is None:
        raise Refused("MISSING_ARGUMENT", f"{field.name} not specified", [field.name])
    return stored


def upsert(
    store: OrgStore, sobject: SObject, field: Field, values: Mapping[str, Any], writing: Writing
) -> tuple[str, bool]:
    """Create or change the record that `values` name by `field`; return its id and whether it is new.

    Raises:
        Refused: Among others DUPLICATE_EXTERNAL_ID when several records have the key.
    """
    given = next((name for name in values if name.lower() == field.name.lower()), None)
    key = key_value(field, values[given] if given is not None else None)
    found = matches(store, sobject, field, key)
    rest = {name: value for name, value in values.items() if name != given}
    if field.name == "Id":
        if not found:
            raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ["Id"])
    elif len(found) > 1:
        raise Refused(
            "DUPLICATE_EXTERNAL_ID",
            f"{field.name}: more than one record found for external id field: [{', '.join(found)}]",
            [field.name],
        )
    if not found:
        return records.create(store, sobject, {**rest, field.name: key}, writing), True
    records.update(store, sobject, found[0], rest, writing)
    return found[0], False
