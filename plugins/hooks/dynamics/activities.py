"""Activities and notes that people of a partner's environment keep on our records and what those became."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from hooks.dynamics.client import DynamicsClient
from hooks.dynamics.find import contacts_of
from hooks.dynamics.messages import Json
from hooks.dynamics.people import People
from hooks.dynamics.rows import any_of, by_id, chunks, following_merges
from hooks.dynamics.tables import Table, Tables
from hooks.dynamics.tasks import KEY_COLUMN
from hooks.dynamics.values import moment_text, read_moment, stamp_of
from leadline.errors import SchemaDrift
from leadline.ports import CrmActivity, KnownRecord

_KINDS: Mapping[str, tuple[str, str, str]] = {
    "task": ("_regardingobjectid_value", "description", "Task"),
    "phonecall": ("_regardingobjectid_value", "description", "Phone Call"),
    "appointment": ("_regardingobjectid_value", "description", "Appointment"),
    "annotation": ("_objectid_value", "notetext", "Note"),
}
"""Table -> (what it is about, its text, its name for people)."""

_MOMENTS = ("actualend", "scheduledend", "scheduledstart", "createdon")
_TAG = re.compile(r"<[^>]+>")
_BREAK = re.compile(r"<(?:br\s*/?|/p|/div|/li)>", re.IGNORECASE)
_LEAD = (
    "leadid",
    "statecode",
    "merged",
    "_masterid_value",
    "_parentcontactid_value",
    "_qualifyingopportunityid_value",
)

Targets = dict[str, dict[str, None]]
"""What an activity is about, by id in lower case -> the known records that it concerns."""


def pull_activities(
    client: DynamicsClient,
    tables: Tables,
    people: People,
    known: Sequence[KnownRecord],
    since: datetime | None,
) -> Iterator[CrmActivity]:
    """Yield activities made or changed at or after `since`, each once per known record.

    What is kept on the contact and on the opportunity that a qualified lead became is the lead's too. What we
    made ourselves carries a key.
    """
    targets = _targets(client, tables, known)
    for name, (about, text, shown) in _KINDS.items():
        try:
            table = tables.get(name)
        except SchemaDrift:
            continue  # a role may hide a kind of activity from us
        for row in _rows(client, table, about, text, list(targets), since):
            for record_id in targets.get(str(row[about]).lower(), ()):
                yield _activity(people, table, row, record_id, text, shown)


def _targets(client: DynamicsClient, tables: Tables, known: Sequence[KnownRecord]) -> Targets:
    targets: Targets = {}
    for record in known:
        targets.setdefault(record.record_id.lower(), {})[record.record_id] = None
    for name in ("lead", "contact"):
        ids = {one.record_id.lower(): one.record_id for one in known if one.object == name}
        if not ids:
            continue
        table = tables.get(name)
        shown = {column.property for column in table.columns.values()}
        select = [table.id_column, *(one for one in _LEAD[1:] if one in shown)]
        rows = following_merges(client, table, by_id(client, table, ids, select), select)
        qualified = [row for row in rows.values() if name == "lead" and row.get("statecode") == 1]
        contacts = contacts_of(client, tables, qualified)
        for one, row in rows.items():
            record_id = str(row[table.id_column]).lower()
            contact = contacts.get(record_id, {}).get("contactid")
            for other in (record_id, contact, row.get("_qualifyingopportunityid_value")):
                if other:
                    targets.setdefault(str(other).lower(), {})[ids[one]] = None
    return targets


def _rows(
    client: DynamicsClient, table: Table, about: str, text: str, ids: Sequence[str], since: datetime | None
) -> Iterator[Json]:
    shown = {column.property for column in table.columns.values()}
    wanted = (
        table.id_column,
        about,
        "subject",
        text,
        "modifiedon",
        "_createdby_value",
        KEY_COLUMN,
        *_MOMENTS,
    )
    changed = f" and modifiedon ge {moment_text(since)}" if since else ""
    for chunk in chunks(ids):
        params = {
            "$select": ",".join(name for name in wanted if name in shown),
            "$filter": any_of(about, chunk) + changed,
            "$orderby": "modifiedon asc",
        }
        yield from client.rows(table.set_name, params)


def _activity(people: People, table: Table, row: Json, record_id: str, text: str, shown: str) -> CrmActivity:
    activity_id = str(row[table.id_column])
    key = None
    if people.is_me(row.get("_createdby_value")):
        key = str(row.get(KEY_COLUMN) or activity_id)
    body = row.get(text)
    return CrmActivity(
        activity_id,
        record_id,
        shown,
        row.get("subject"),
        _plain(str(body)) if body and table.name == "annotation" else body,
        next((read_moment(row[name]) for name in _MOMENTS if row.get(name)), None),
        key=key,
        stamp=stamp_of(row),
    )


def _plain(text: str) -> str:
    """Return a note's rich text as plain text."""
    # Behind the last ">" no tag ends: each "<" there would be looked for up to the text's end.
    marked, end, rest = _BREAK.sub("\n", text).rpartition(">")
    return html.unescape(_TAG.sub("", marked + end) + rest).strip()
