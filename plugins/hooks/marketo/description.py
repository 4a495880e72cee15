"""The objects that are written to, besides leads: program members, custom objects, opportunities, activities.

https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/custom-objects
https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/custom-activities
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from hooks.marketo.client import MarketoClient
from hooks.marketo.deals import OPPORTUNITY
from hooks.marketo.envelope import Json
from hooks.marketo.status import MEMBER
from hooks.marketo.values import object_field
from leadline.errors import CredentialsRefused, NotAllowed, SchemaDrift
from leadline.ports import FieldDescription

PRIMARY = "primaryAttributeValue"
"""What a custom activity calls its first attribute, whatever its name."""


def describe_objects(
    client: MarketoClient, objects: Iterable[str]
) -> Mapping[str, Sequence[FieldDescription]]:
    """Return the fields of these objects; what is gone, closed to us or read-only is left out.

    Preflight's own look says which of it is the case.
    """
    found: dict[str, Sequence[FieldDescription]] = {}
    for object_ in dict.fromkeys(objects):
        try:
            fields = _activity(client, object_) if object_.isdigit() else _object(client, object_)
        except (SchemaDrift, NotAllowed, CredentialsRefused):
            continue
        if fields is not None:
            found[object_] = fields
    return found


def _object(client: MarketoClient, object_: str) -> list[FieldDescription]:
    names = {MEMBER: "programs/members", OPPORTUNITY: "opportunities"}
    name = names.get(object_.casefold(), f"customobjects/{object_}")
    fields = []
    for row in client.get(f"/rest/v1/{name}/describe.json").rows:
        # A row is found by all dedupe fields together: one of several is no key. None at all says nothing.
        keys = list(row.get("dedupeFields") or ())
        for entry in row.get("fields") or ():
            field = object_field(entry)
            fields.append(replace(field, unique=keys in ([], [field.name])))
    return fields


def _activity(client: MarketoClient, number: str) -> list[FieldDescription] | None:
    """Return the attributes of a custom activity type; None where there is none."""
    rows = client.get("/rest/v1/activities/external/types.json").rows
    kind = next((row for row in rows if str(row.get("id")) == number), None)
    if kind is None:
        return None
    first: Json = kind.get("primaryAttribute") or {}
    entries = [{**first, "apiName": PRIMARY}, *(kind.get("attributes") or ())]
    return [object_field({**entry, "name": entry["apiName"]}) for entry in entries if entry.get("apiName")]
