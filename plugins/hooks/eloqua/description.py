"""What a tenant has of what a mapping names: fields of elements, hand-over lists, custom objects (M7, O6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hooks.eloqua.bulk import Bulk
from hooks.eloqua.campaigns import CUSTOM, FIELDS
from hooks.eloqua.client import EloquaClient
from hooks.eloqua.leads import ACTIVITY_FIELDS, SYSTEM_FIELDS
from hooks.shapes import understood
from leadline.errors import SchemaDrift
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import EloquaSource
from leadline.ports import CheckFinding, FieldDescription

CONTACTS = "Lead"  # as the drift check calls the record that is handed over

_ASSETS = {"form": "assets/form", "segment": "assets/contact/segment", "custom_object": "assets/customObject"}


def described(
    client: EloquaClient, bulk: Bulk, mapping: SupplierMapping, source: EloquaSource
) -> Mapping[str, Sequence[FieldDescription]]:
    """Return element -> fields; an element that is gone is left out."""
    found: dict[str, Sequence[FieldDescription]] = {}
    elements = {CONTACTS: "contacts"}
    if any(field.source.startswith("Account.") for field in mapping.fields):
        elements["Account"] = "accounts"
    if source.handover == "custom_object":
        elements["CustomObject"] = f"customObjects/{source.handover_id}"
    elements |= {object_: f"customObjects/{object_}" for object_ in _objects(mapping)}
    for name, element in elements.items():
        try:
            found[name] = [*map(_description, bulk.fields(element).values()), *_system(name)]
        except SchemaDrift:
            continue
    if source.handover == "form":
        found["Activity"] = [FieldDescription(name, "string", updateable=False) for name in ACTIVITY_FIELDS]
        try:
            _, form = client.get("rest", f"assets/form/{source.handover_id}", {"depth": "complete"})
            found["Form"] = [FieldDescription(name, "string", updateable=False) for name in _inputs(form)]
        except SchemaDrift:
            pass
    own = [field.source for field in mapping.campaigns.fields if field.source.startswith(CUSTOM)]
    found["Campaign"] = [FieldDescription(name, "string", updateable=False) for name in (*FIELDS, *own)]
    return found


def missing_assets(
    client: EloquaClient, mapping: SupplierMapping, source: EloquaSource
) -> Iterator[CheckFinding]:
    """Yield a hand-over list or custom object that is not there."""
    wanted = [(source.handover.replace("_", " "), _ASSETS[source.handover], str(source.handover_id))]
    wanted += [("custom object", _ASSETS["custom_object"], object_) for object_ in _objects(mapping)]
    for what, path, id_ in wanted:
        _, body = client.get("rest", f"{path}/{id_}", {"depth": "minimal"}, accept=(404,))
        if body is None:
            message = f"there is no {what} {id_} in Eloqua, or it is hidden from us"
            yield CheckFinding("object_missing", f"{what} {id_}", message)


def _objects(mapping: SupplierMapping) -> list[str]:
    """Return the ids of the custom objects that are written to."""
    chosen = mapping.write_back
    named = [chosen.object, *(part.object for part in (chosen.events, chosen.opportunities) if part)]
    return list(dict.fromkeys(one for one in named if one))


@understood("description of fields")
def _description(field: Mapping[str, Any]) -> FieldDescription:
    writable = not field.get("hasReadOnlyConstraint")
    return FieldDescription(
        str(field["internalName"]),
        str(field.get("dataType") or "string"),
        createable=writable,
        updateable=writable,
        unique=bool(field.get("hasUniquenessConstraint")),
        required=bool(field.get("hasNotNullConstraint")),
    )


def _system(name: str) -> list[FieldDescription]:
    if name not in (CONTACTS, "CustomObject"):
        return []
    return [FieldDescription(one, "string", createable=False, updateable=False) for one in SYSTEM_FIELDS]


def _inputs(form: Any) -> list[str]:
    """Return the names of a form's inputs; groups of inputs hold theirs in `fields`."""
    with understood("assets/form"):
        entries = list(form.get("elements") or ())
        for entry in list(entries):
            entries += entry.get("fields") or ()
        return [str(entry["htmlName"]) for entry in entries if entry.get("htmlName")]
