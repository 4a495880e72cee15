"""The objects and fields of one org: the standard ones, plus what its administrators added or hid."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from .config import CustomField, OrgConfig
from .errors import Refused, not_found
from .fields import Field, SObject, label_of

SYSTEM_FIELDS = (
    "Id id ro fixed",
    "IsDeleted boolean ro",
    "CreatedDate datetime ro fixed",
    "CreatedById reference ro fixed ref=User rel=CreatedBy",
    "LastModifiedDate datetime ro fixed",
    "LastModifiedById reference ro fixed ref=User rel=LastModifiedBy",
    "SystemModstamp datetime ro fixed",
)


class Schema:
    """The objects of one org, found by name in any case, by key prefix, or by child relationship."""

    def __init__(self, config: OrgConfig) -> None:
        self.objects: dict[str, SObject] = {}
        for standard in _standard():
            copied = SObject(
                standard.name, standard.label, standard.plural, standard.prefix, sealed=standard.sealed
            )
            for known in standard.fields.values():
                copied.add(known)
            self.objects[copied.name] = copied
        for extra in config.custom_objects:
            made = SObject(extra.name, extra.label, extra.label + "s", extra.key_prefix, custom=True)
            for line in (
                *SYSTEM_FIELDS,
                "Name string:80",
                "OwnerId reference fixed ref=Group|User rel=Owner",
            ):
                made.add(_field(line))
            self.objects[made.name] = made
            for field in extra.fields:
                self.add_field(replace(field, object=extra.name))
            if extra.activities:
                for activity in ("Task", "Event"):
                    about = self.objects[activity].fields["WhatId"]
                    self.objects[activity].add(replace(about, reference_to=(*about.reference_to, extra.name)))
        self.lower = {name.lower(): sobject for name, sobject in self.objects.items()}
        for field in config.custom_fields:
            self.add_field(field)
        for path, values in config.picklists.items():
            owner, _, name = path.partition(".")
            self.set_picklist(owner, name, values)
        for path in config.hidden_fields:
            owner, _, name = path.partition(".")
            self.drop_field(owner, name)

    def object(self, name: str) -> SObject:
        """Return the object of this name; NOT_FOUND, as a REST path answers, when there is none."""
        found = self.lower.get(name.lower())
        if found is None or found.name == "Name":
            raise not_found()
        return found

    def object_for_query(self, name: str) -> SObject:
        """Return the object of this name; INVALID_TYPE, as SOQL answers, when there is none."""
        found = self.lower.get(name.lower())
        if found is None or found.name == "Name":
            raise Refused(
                "INVALID_TYPE",
                f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be "
                "sure to append the '__c' after the entity name. Please reference your WSDL or the describe "
                "call for the appropriate names.",
            )
        return found

    def by_prefix(self, record_id: str) -> SObject | None:
        """Return the object whose records have ids like this one."""
        for sobject in self.objects.values():
            if sobject.prefix == record_id[:3] and sobject.name != "ContentDocument":
                return sobject
        return None

    def child(self, parent: SObject, relationship: str) -> tuple[SObject, Field] | None:
        """Return the object and field behind a child relationship such as `CampaignMembers`."""
        for sobject, field in self.children(parent):
            if (field.child_relationship or "").lower() == relationship.lower():
                return sobject, field
        return None

    def children(self, parent: SObject) -> list[tuple[SObject, Field]]:
        """Return every (object, field) that may point at records of `parent`."""
        return [
            (sobject, field)
            for sobject in self.objects.values()
            for field in sobject.fields.values()
            if parent.name in field.reference_to
        ]

    def add_field(self, field: CustomField) -> None:
        """Add a field, or replace the one of that name."""
        sobject = self.objects[field.object]
        relationship = field.relationship
        if field.type == "reference" and relationship is None:
            relationship = field.name.removesuffix("__c") + "__r"
        length = field.length if field.length is not None else _default_length(field.type)
        sobject.add(
            Field(
                name=field.name,
                type=field.type,
                label=field.label or label_of(field.name),
                length=length,
                precision=field.precision or (18 if field.type in {"double", "currency", "percent"} else 0),
                scale=field.scale if field.scale is not None else (2 if field.type == "currency" else 0),
                needed=field.required,
                nillable=not field.required and field.type != "boolean",
                createable=field.createable,
                updateable=field.updateable,
                default=False if field.type == "boolean" and field.default is None else field.default,
                picklist=tuple(field.picklist),
                restricted=field.restricted and field.type in {"picklist", "multipicklist"},
                external_id=field.external_id,
                unique=field.unique,
                case_sensitive=field.case_sensitive,
                id_lookup=field.external_id,
                reference_to=tuple(field.reference_to),
                relationship=relationship,
                child_relationship=f"{field.object.removesuffix('__c')}s__r"
                if field.type == "reference"
                else None,
                custom=field.name.endswith("__c"),
            )
        )

    def drop_field(self, sobject: str, name: str) -> None:
        """Take a field away, or hide it from the integration user: the two look alike from outside."""
        self.objects[sobject].drop(name)

    def set_picklist(self, sobject: str, name: str, values: tuple[str, ...] | list[str]) -> None:
        """Give a picklist other values; the first becomes the default where there was one."""
        owner = self.objects[sobject]
        old = owner.fields[name]
        default: Any = old.default
        if default is not None and default not in values:
            default = values[0]
        owner.add(replace(old, picklist=tuple(values), default=default))


def _default_length(kind: str) -> int:
    return {
        "string": 255, "email": 80, "phone": 40, "url": 255, "picklist": 255, "multipicklist": 4099,
        "textarea": 255, "reference": 18, "combobox": 255, "id": 18,
    }.get(kind, 0)  # fmt: skip


@cache
def _standard() -> tuple[SObject, ...]:
    found: list[SObject] = []
    for line in (Path(__file__).parent / "objects.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("object "):
            found.append(_object(line))
        else:
            found[-1].add(_field(line))
    return tuple(found)


def _object(line: str) -> SObject:
    _, name, prefix, rest = line.split(" ", 3)
    sealed = rest.endswith(" sealed")
    rest = rest.removesuffix(" sealed")
    label, plural = rest.split("|") if "|" in rest else rest.split(" ")
    made = SObject(name, label, plural, prefix, sealed=sealed)
    for system in SYSTEM_FIELDS:
        made.add(_field(system))
    return made


_FLAGS = ("required", "ro", "once", "idlookup", "unique", "restricted", "fixed", "calc")
_VALUES = ("default", "ref", "rel", "child", "pick", "derived", "compound", "part")


def _field(line: str) -> Field:
    name, kind, *rest = line.split(" ", 2)
    flags, values = _read_flags(rest[0] if rest else "")
    kind, _, size = kind.partition(":")
    precision, _, scale = size.partition(",") if "," in size else ("", "", "")
    length = int(size) if size and not scale else _default_length(kind)
    default: Any = values.get("default")
    if kind == "boolean":
        default = default == "true"
    elif kind == "int" and default is not None:
        default = int(default)
    required = "required" in flags
    read_only = "ro" in flags
    return Field(
        name=name,
        type=kind,
        label=label_of(name),
        length=0 if kind == "int" else length,
        precision=int(precision) if precision else 0,
        scale=int(scale) if scale else 0,
        needed=required,
        nillable=not (required or "fixed" in flags or kind == "boolean"),
        createable=not read_only,
        updateable=not read_only and "once" not in flags,
        default=default,
        picklist=tuple(values["pick"].split("|")) if "pick" in values else (),
        restricted="restricted" in flags,
        unique="unique" in flags,
        id_lookup="idlookup" in flags or name == "Id",
        reference_to=tuple(values["ref"].split("|")) if "ref" in values else (),
        relationship=values.get("rel"),
        child_relationship=values.get("child"),
        calculated="calc" in flags,
        derived=tuple(values["derived"].split("|")) if "derived" in values else (),
        compound=values.get("compound"),
        part_of=values.get("part"),
    )


def _read_flags(text: str) -> tuple[set[str], dict[str, str]]:
    # Values may hold blanks ("Closed - Won"), so a word that is no flag belongs to the value before it.
    flags: set[str] = set()
    values: dict[str, str] = {}
    open_value: str | None = None
    for word in text.split(" "):
        key, equals, value = word.partition("=")
        if equals and key in _VALUES:
            values[key] = value
            open_value = key
        elif word in _FLAGS:
            flags.add(word)
            open_value = None
        elif word and open_value is not None:
            values[open_value] += f" {word}"
    return flags, values
