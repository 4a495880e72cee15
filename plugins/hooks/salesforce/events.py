"""What happened at a partner, told in a supplier's org: tasks, events or rows of a custom object (W5, W8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC

from hooks.salesforce.answers import Fault, row_result
from hooks.salesforce.bodies import Json
from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.keyed import KeyedWriter
from hooks.salesforce.people import SourcePeople, Standing
from hooks.salesforce.status import GONE
from hooks.salesforce.tasks import COMPLETED, KEY_FIELD
from leadline.errors import ConfigurationError
from leadline.mapping.model import EventWriteBack
from leadline.ports import EventWrite, RowResult

_USUAL: Mapping[str, Mapping[str, str]] = {
    "Task": {
        "key": KEY_FIELD,
        "subject": "Subject",
        "body": "Description",
        "occurred_at": "ActivityDate",
        "lead": "WhoId",
        "opportunity": "WhatId",
    },
    "Event": {
        "key": KEY_FIELD,
        "subject": "Subject",
        "body": "Description",
        "occurred_at": "StartDateTime",
        "lead": "WhoId",
        "opportunity": "WhatId",
    },
}
_FIXED: Mapping[str, Json] = {"Task": COMPLETED, "Event": {"DurationInMinutes": 0}}
"""What the object needs besides: an event of no length ends when it begins."""


class EventWriter:
    """Events of one supplier.

    Raises:
        ConfigurationError: The mapping does not say which fields hold our key and the link.
        SchemaDrift: The org has no such object or key field.
    """

    def __init__(self, client: SalesforceClient, source_object: str, mapping: EventWriteBack) -> None:
        self._object, key = event_key(mapping)
        self._fields = {**_USUAL.get(mapping.object, {}), **mapping.fields}
        self._types = mapping.types
        self._people = SourcePeople(client, source_object)
        self._writer = KeyedWriter(client, mapping.object, key)

    def write(self, events: Sequence[EventWrite]) -> Iterator[RowResult]:
        """Yield one result per event; one that is there already is done, though somebody deleted it since."""
        people = self._people.standings(one.record_id for one in events if one.on == "lead")
        records: list[tuple[str, Json]] = []
        for one in events:
            links = self._links(one, people)
            if isinstance(links, Fault):
                yield replace(row_result(one.key, fault=links), stale=links.code in GONE)
            else:
                records.append((one.key, self._json(one) | links))
        for result in self._writer.add(records):
            yield replace(result, stale=result.code in GONE)

    def _links(self, one: EventWrite, people: Mapping[str, Standing]) -> Json | Fault:
        name = self._fields.get(one.on)
        if name is None:
            return Fault(
                "NOT_SUPPORTED",
                f"write_back.events.fields names no field of {self._object} for '{one.on}'",
            )
        if one.on == "opportunity":
            return {name: one.record_id}
        standing = people[one.record_id]
        person = self._person(name, standing)
        if person is None:
            return Fault("NOT_FOUND", "the lead is no longer there: no event can be added to it")
        return {name: person}

    def _person(self, name: str, standing: Standing) -> str | None:
        """Return the contact where the field takes one and there is one, else the lead."""
        objects = self._writer.values.refers_to(name)
        if standing.contact_id and (not objects or "Contact" in objects):
            return standing.contact_id
        return standing.lead_id

    def _json(self, one: EventWrite) -> Json:
        values, fields = self._writer.values, self._fields
        type_ = self._types.get(one.type, one.type)
        subject = one.subject or type_
        if one.subject and "type" not in fields:
            subject = f"{type_}: {subject}"
        occurred = f"{one.occurred_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if one.occurred_at else None
        told = {"type": type_, "subject": subject, "body": one.body, "occurred_at": occurred}
        record: Json = dict(_FIXED.get(self._object, {}))
        for name, text in told.items():
            if text and name in fields:
                record[fields[name]] = values.json(fields[name], values.cut(fields[name], text))
        return record


def event_key(mapping: EventWriteBack | None) -> tuple[str, str]:
    """Return the object of a mapping's events, and its field that holds our key; None: the usual ones.

    Raises:
        ConfigurationError: The mapping names no such field for an object of the supplier's own.
    """
    object_ = mapping.object if mapping else "Task"
    key = (mapping.fields if mapping else {}).get("key") or _USUAL.get(object_, {}).get("key")
    if key is None:
        raise ConfigurationError(
            f"write_back.events.fields names no field of {object_} for 'key': a repeated event could not be "
            "recognised"
        )
    return object_, key
