"""Creates, changes and deletes single records with all the org's checks; rows of collections and jobs too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from . import admin_rules, identifiers, object_rules
from .cascade import delete_children
from .disk import Record
from .errors import Refused, no_such_column
from .fields import Field, SObject
from .object_rules import Save
from .store import OrgStore
from .values import Coerce, coercion, wrong_type


@dataclass(frozen=True)
class Writing:
    """Who writes, when, and under which request headers.

    Args:
        stamp: The one time of everything written together.
        assignment: See `admin_rules.assigned_owner`.
        allow_duplicates: Duplicate rules that only alert are passed.
        csv: Values are CSV text: Bulk's words for type errors, and rules that alert pass.
    """

    user_id: str
    stamp: str
    assignment: bool | str = True
    allow_duplicates: bool = False
    csv: bool = False


class _Known(NamedTuple):
    field: Field
    coerce: Coerce


def create(store: OrgStore, sobject: SObject, values: Mapping[str, Any], writing: Writing) -> str:
    """Store a new record and return its id.

    Raises:
        Refused: With the vendor's code; nothing of the record is stored then.
    """
    if sobject.sealed:
        raise _sealed(sobject)
    given = _coerced(store, sobject, values, writing, create=True)
    record = {**_template(store, sobject), **given}
    record["Id"] = record_id = store.new_id(sobject)
    record.update(
        CreatedDate=writing.stamp, CreatedById=writing.user_id, LastModifiedDate=writing.stamp,
        LastModifiedById=writing.user_id, SystemModstamp=writing.stamp,
    )  # fmt: skip
    if "OwnerId" in sobject.fields:
        record["OwnerId"] = record.get("OwnerId") or writing.user_id
    missing = [field.name for field in _needed(store, sobject) if record.get(field.name) is None]
    _refuse_missing(missing)
    _save(store, sobject, record, None, given, writing)
    return record_id


def update(
    store: OrgStore, sobject: SObject, record_id: str, values: Mapping[str, Any], writing: Writing
) -> None:
    """Change a record.

    Raises:
        Refused: With the vendor's code; nothing is changed then.
    """
    if sobject.sealed:
        raise _sealed(sobject)
    old = live_record(store, sobject, record_id)
    given = _coerced(store, sobject, values, writing, create=False)
    record = {**old, **given, "LastModifiedDate": writing.stamp, "LastModifiedById": writing.user_id}
    record["SystemModstamp"] = writing.stamp
    _refuse_missing([f.name for f in _needed(store, sobject) if f.name in given and given[f.name] is None])
    _save(store, sobject, record, old, given, writing)


def delete(store: OrgStore, sobject: SObject, record_id: str, writing: Writing) -> None:
    """Move a record and what belongs to it to the recycle bin."""
    if sobject.sealed:
        raise _sealed(sobject)
    old = live_record(store, sobject, record_id)
    gone = {**old, "IsDeleted": True, "LastModifiedDate": writing.stamp, "LastModifiedById": writing.user_id}
    gone["SystemModstamp"] = writing.stamp
    store.put(sobject.name, gone)
    object_rules.after_write(sobject.name, Save(store, gone, old, writing.stamp))
    delete_children(store, sobject.name, old["Id"], writing.stamp)


def live_record(store: OrgStore, sobject: SObject, record_id: str) -> Record:
    """Return a record that is there and not deleted."""
    found = store.get(sobject.name, identifiers.normal(record_id))
    if found is None:
        raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    if found["IsDeleted"]:
        raise Refused("ENTITY_IS_DELETED", "entity is deleted", [], status=404)
    return found


def _sealed(sobject: SObject) -> Refused:
    return Refused(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type {sobject.label} does not support this", []
    )


def _refuse_missing(names: list[str]) -> None:
    if names:
        raise Refused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(names)}]", names)


def _save(
    store: OrgStore, sobject: SObject, record: Record, old: Record | None, given: Record, writing: Writing
) -> None:
    name = sobject.name
    save = Save(store, record, old, writing.stamp)
    _check_references(store, sobject, given)
    object_rules.before_write(name, save)
    admin_rules.check_validation(store, name, record)
    admin_rules.check_duplicates(
        store, name, record, created=old is None, allow_save=writing.allow_duplicates or writing.csv
    )
    if name == "Lead":
        owner = admin_rules.assigned_owner(store, record, writing.assignment)
        if owner is not None:
            record["OwnerId"] = owner
    _check_unique(store, sobject, record, given)
    store.put(name, record)
    object_rules.after_write(name, save)


def _coerced(
    store: OrgStore, sobject: SObject, values: Mapping[str, Any], writing: Writing, *, create: bool
) -> Record:
    known = _known(store, sobject)
    given: Record = {}
    read_only: list[str] = []
    for place, (key, value) in enumerate(values.items(), start=1):
        found = known.get(key.lower())
        if found is None:
            if key == "attributes":
                continue
            found, value = _foreign(store, sobject, key, value)
        field = found.field
        if not (field.createable if create else field.updateable):
            read_only.append(field.name)
            continue
        if value is None:
            given[field.name] = False if field.type == "boolean" else None
            continue
        try:
            given[field.name] = found.coerce(value)
        except ValueError:
            raise wrong_type(field, value, csv_column=place if writing.csv else None) from None
    if read_only:
        raise Refused(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(read_only)}. Please check the security settings of "
            "this field and verify that it is read/write for your profile or permission set.",
            read_only,
        )
    return given


def _known(store: OrgStore, sobject: SObject) -> dict[str, _Known]:
    key = ("coerce", sobject.name)
    known: dict[str, _Known] | None = store.compiled.get(key)
    if known is None:
        known = store.compiled[key] = {
            lower: _Known(field, coercion(field)) for lower, field in sobject.lower.items()
        }
    return known


def _needed(store: OrgStore, sobject: SObject) -> tuple[Field, ...]:
    key = ("needed", sobject.name)
    needed: tuple[Field, ...] | None = store.compiled.get(key)
    if needed is None:
        needed = store.compiled[key] = tuple(field for field in sobject.fields.values() if field.needed)
    return needed


def _template(store: OrgStore, sobject: SObject) -> Record:
    key = ("template", sobject.name)
    template: Record | None = store.compiled.get(key)
    if template is None:
        template = store.compiled[key] = {
            field.name: field.default for field in sobject.fields.values() if field.default is not None
        }
    return template


def _foreign(store: OrgStore, sobject: SObject, key: str, value: Any) -> tuple[_Known, Any]:
    """Return the reference field and record id behind `"Campaign": {"Ext_Id__c": "C-7"}`."""
    link = sobject.relationships.get(key.lower())
    if link is None or not isinstance(value, Mapping | None):
        raise no_such_column(key, sobject.name)
    known = _known(store, sobject)[link.name.lower()]
    if value is None:
        return known, None
    wanted = {name: content for name, content in value.items() if name != "attributes"}
    if len(wanted) != 1:
        raise Refused("INVALID_FIELD", f"Foreign key external id needs exactly one field: {key}", [link.name])
    name, content = next(iter(wanted.items()))
    for target in link.reference_to:
        field = store.schema.objects[target].lower.get(name.lower())
        if field is None or not (field.external_id or field.id_lookup):
            continue
        found = store.live(target, field, content)
        if len(found) == 1:
            return known, found[0]["Id"]
        raise Refused(
            "INVALID_FIELD",
            f"Foreign key external ID: {content} not found for field {field.name} in entity {target}",
            [],
        )
    raise Refused("INVALID_FIELD", f"Field name provided, {name} is not an External ID or indexed field", [])


def _check_references(store: OrgStore, sobject: SObject, given: Record) -> None:
    for field in _links(store, sobject, given):
        value = given[field.name]
        target = next((to for to in field.reference_to if store.schema.objects[to].prefix == value[:3]), None)
        if target is None:
            raise Refused(
                "MALFORMED_ID" if field.name == "OwnerId" else "FIELD_INTEGRITY_EXCEPTION",
                f"{field.label} ID: id value of incorrect type: {value}",
                [field.name],
            )
        found = store.get(target, value)
        if found is None:
            raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field.name])
        if found["IsDeleted"]:
            raise Refused("ENTITY_IS_DELETED", "entity is deleted", [field.name])
        if field.name == "OwnerId" and target == "User" and not found.get("IsActive"):
            raise Refused(
                "INACTIVE_OWNER_OR_USER",
                f"operation performed with inactive user [{value[:15]}] as owner of {sobject.name.lower()}",
                ["OwnerId"],
            )


def _links(store: OrgStore, sobject: SObject, given: Record) -> Iterator[Field]:
    key = ("links", sobject.name)
    links = store.compiled.get(key)
    if links is None:
        links = store.compiled[key] = [f for f in sobject.fields.values() if f.reference_to]
    return (field for field in links if given.get(field.name) is not None)


def _check_unique(store: OrgStore, sobject: SObject, record: Record, given: Record) -> None:
    key = ("unique", sobject.name)
    unique = store.compiled.get(key)
    if unique is None:
        unique = store.compiled[key] = [f for f in sobject.fields.values() if f.unique]
    for field in unique:
        value = given.get(field.name)
        if value is None:
            continue
        for other in store.live(sobject.name, field, value):
            if other["Id"] != record["Id"]:
                raise Refused(
                    "DUPLICATE_VALUE",
                    f"duplicate value found: {field.name} duplicates value on record with id: "
                    f"{other['Id'][:15]}",
                    [],
                )
