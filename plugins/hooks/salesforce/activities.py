"""Tasks and events that people of a partner's org keep on our records, their contacts and opportunities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hooks.salesforce.bodies import Json
from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.rows import current, rows_about, short
from hooks.salesforce.tasks import KEY_FIELD
from hooks.salesforce.window import literal, read_stamp
from leadline.ports import CrmActivity, KnownRecord

_CONVERTED = ("IsConverted", "ConvertedContactId", "ConvertedOpportunityId")
_PEOPLE = frozenset({"Lead", "Contact"})
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Task": ("Subject", "Description", "ActivityDate", "Type", "TaskSubtype", "CreatedDate"),
    "Event": ("Subject", "Description", "StartDateTime", "ActivityDate", "Type", "CreatedDate"),
}

Targets = dict[str, dict[str, None]]
"""Who or what an activity names, 15 characters -> the known records that it is about."""


def pull_activities(
    client: SalesforceClient, known: Sequence[KnownRecord], since: datetime | None
) -> Iterator[CrmActivity]:
    """Yield tasks and events made or changed at or after `since`, each once per known record.

    What was on a lead moves to its contact when it is converted: those of its contact and of the opportunity
    that the conversion made are the lead's too.
    """
    people, things = _targets(client, known)
    for object_, columns in _COLUMNS.items():
        given: set[tuple[str, str]] = set()
        for path, targets in (("WhoId", people), ("WhatId", things)):
            for row in _rows(client, object_, columns, path, targets, since):
                for record_id in targets.get(short(row[path]), ()):
                    if (row["Id"], record_id) not in given:
                        given.add((row["Id"], record_id))
                        yield _activity(object_, row, record_id)


def _targets(client: SalesforceClient, known: Sequence[KnownRecord]) -> tuple[Targets, Targets]:
    people: Targets = {}
    things: Targets = {}
    for one in known:
        targets = people if one.object in _PEOPLE else things
        targets.setdefault(short(one.record_id), {})[one.record_id] = None
    leads = [one.record_id for one in known if one.object == "Lead"]
    # Deleted ones too: their activities may have gone over to a survivor or a contact.
    for record_id, row in _by_id(leads, current(client, "Lead", leads, _CONVERTED)):
        people.setdefault(short(row["Id"]), {})[record_id] = None
        if row.get("ConvertedContactId"):
            people.setdefault(short(row["ConvertedContactId"]), {})[record_id] = None
        if row.get("ConvertedOpportunityId"):
            things.setdefault(short(row["ConvertedOpportunityId"]), {})[record_id] = None
    contacts = [one.record_id for one in known if one.object == "Contact"]
    for record_id, row in _by_id(contacts, current(client, "Contact", contacts, ())):
        people.setdefault(short(row["Id"]), {})[record_id] = None
    return people, things


def _by_id(ids: Sequence[str], rows: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    return ((one, rows[short(one)]) for one in ids if short(one) in rows)


def _rows(
    client: SalesforceClient,
    object_: str,
    columns: Sequence[str],
    path: str,
    targets: Targets,
    since: datetime | None,
) -> Iterator[Json]:
    described = {str(one["name"]) for one in client.describe(object_)["fields"]}
    shown = [name for name in (*columns, KEY_FIELD) if name in described]
    select = f"SELECT Id, WhoId, WhatId, SystemModstamp, {', '.join(shown)} FROM {object_}"  # noqa: S608
    changed = "IsDeleted = false" + (f" AND SystemModstamp >= {literal(since)}" if since else "")
    # queryAll: activities older than a year are archived, and a plain query does not show them.
    return rows_about(client, select, path, targets, changed, all_rows=True)


def _activity(object_: str, row: Json, record_id: str) -> CrmActivity:
    subtype = row.get("TaskSubtype")
    return CrmActivity(
        str(row["Id"]),
        record_id,
        type=row.get("Type") or (subtype if subtype != "Task" else None) or object_,
        subject=row.get("Subject"),
        body=row.get("Description"),
        occurred_at=_moment(row.get("StartDateTime") or row.get("ActivityDate") or row.get("CreatedDate")),
        key=row.get(KEY_FIELD) or None,
        stamp=row["SystemModstamp"],
    )


def _moment(value: Any) -> datetime | None:
    """Return when an activity was; a date counts from midnight UTC."""
    if not value:
        return None
    at = read_stamp(str(value))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
