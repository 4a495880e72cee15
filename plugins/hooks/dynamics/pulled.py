"""What became of our records in a partner's environment: status, owner, values, and how they ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from hooks.dynamics.answers import GONE, call_error
from hooks.dynamics.client import DynamicsClient
from hooks.dynamics.find import contacts_of
from hooks.dynamics.messages import GUID, Json, Part
from hooks.dynamics.people import People
from hooks.dynamics.rows import by_id, chunks, following_merges
from hooks.dynamics.tables import Table, Tables
from hooks.dynamics.values import label_of, read_moment, stamp_of, to_text, without_rest
from leadline.errors import SchemaDrift
from leadline.ports import CrmRecord, KnownRecord

_WANTED = (
    "modifiedon",
    "_modifiedby_value",
    "_ownerid_value",
    "statecode",
    "statuscode",
    "merged",
    "_masterid_value",
    "_parentcontactid_value",
    "_qualifyingopportunityid_value",
)
_QUALIFIED, _DISQUALIFIED = 1, 2
CHUNK = 1_000


class RecordPuller:
    """Known records of one environment.

    All of them are looked at: so one that is gone is noticed whenever it went.
    """

    def __init__(self, client: DynamicsClient, tables: Tables, people: People) -> None:
        self._client = client
        self._tables = tables
        self._people = people

    def pull(
        self, known: Sequence[KnownRecord], fields: Sequence[str], since: datetime | None
    ) -> Iterator[CrmRecord]:
        """Yield what changed at or after `since`, or since it was `seen`, and what is gone.

        A merged record comes with the survivor's values, a qualified lead with its own: what nobody carried
        over is empty on its contact, which is read by itself.

        Raises:
            SchemaDrift: No table of the records has one of the fields.
        """
        objects = list(dict.fromkeys(one.object for one in known))
        for name in fields:
            if objects and not any(self._tables.get(object_).column(name) for object_ in objects):
                raise SchemaDrift(
                    f"Dynamics: {' and '.join(objects)} have no column '{name}', or it is hidden from us"
                    " (compare the mapping's CRM fields with the partner's tables)"
                )
        for object_ in objects:
            records = [one for one in known if one.object == object_]
            for chunk in chunks((one.record_id.lower() for one in records), CHUNK):
                ids = set(chunk)
                yield from self._of(
                    object_, [one for one in records if one.record_id.lower() in ids], fields, since
                )

    def _of(
        self, object_: str, known: Sequence[KnownRecord], fields: Sequence[str], since: datetime | None
    ) -> Iterator[CrmRecord]:
        table = self._tables.get(object_)
        select = self._select(table, fields)
        own = {one.record_id.lower(): one for one in known}
        seen: dict[str, set[str]] = {}
        for record in known:
            if record.seen:
                seen.setdefault(record.record_id.lower(), set()).add(record.seen)
        rows = by_id(self._client, table, own, select)
        missing = [one for one in own if one not in rows]
        gone = self._gone(table, missing, rows, select) if missing else {}
        ends = following_merges(self._client, table, rows, select)
        qualified = [row for row in ends.values() if object_ == "lead" and row.get("statecode") == _QUALIFIED]
        contacts = self._contacts(qualified, fields)
        changed: dict[str, Json] = {}
        for one, row in ends.items():
            now = [row, *self._contact_of(table, row, contacts)]
            known_as = seen.get(one, set())
            if since is None or known_as - {_stamp(now)} or _changed_since([rows[one], *now], since):
                changed[one] = row
        self._people.learn([*changed.values(), *contacts.values()])
        for one, row in changed.items():
            yield self._record(own[one].record_id, table, row, fields, contacts)
        for one, deleted in gone.items():
            yield CrmRecord(own[one].record_id, object_, deleted=deleted, missing=not deleted)

    def _gone(
        self, table: Table, ids: Sequence[str], rows: dict[str, Json], select: Sequence[str]
    ) -> dict[str, bool]:
        """Return whether each row that no query showed is deleted, or only not to be seen by us.

        A query leaves out what we may not read; asked for by its id, such a row is refused, a deleted one is
        said not to exist.
        """
        gone: dict[str, bool] = dict.fromkeys((one for one in ids if not GUID.fullmatch(one)), False)
        asked = [one for one in ids if one not in gone]
        shown = ",".join(select)
        parts = [
            Part(
                "GET",
                f"{table.set_name}({one})?$select={shown}",
                headers={"Prefer": 'odata.include-annotations="*"'},
            )
            for one in asked
        ]
        for one, answer in zip(asked, self._client.batch(parts), strict=True):
            if answer.fault is None and answer.data is not None:
                rows[one] = answer.data  # it came back, or came into our sight, in between
            elif answer.fault is not None and answer.fault.code in GONE:
                gone[one] = True
            elif answer.fault is not None and answer.fault.status == 403:
                gone[one] = False
            elif answer.fault is not None:
                raise call_error(answer.fault, f"GET {table.set_name}, one row")
        return gone

    def _contacts(self, leads: Sequence[Json], fields: Sequence[str]) -> dict[str, Json]:
        if not leads:
            return {}
        return contacts_of(
            self._client, self._tables, leads, self._select(self._tables.get("contact"), fields)
        )

    def _contact_of(self, table: Table, row: Json, contacts: Mapping[str, Json]) -> list[Json]:
        """Return the contact that a row became, if it is a qualified lead."""
        if table.name != "lead" or row.get("statecode") != _QUALIFIED:
            return []
        contact = contacts.get(str(row[table.id_column]).lower())
        return [] if contact is None else [contact]

    def _record(
        self,
        known_id: str,
        table: Table,
        row: Json,
        fields: Sequence[str],
        contacts: Mapping[str, Json],
    ) -> CrmRecord:
        record_id = str(row[table.id_column])
        is_lead = table.name == "lead"
        qualified = is_lead and row.get("statecode") == _QUALIFIED
        contact = next(iter(self._contact_of(table, row, contacts)), None)
        status = label_of(row, "statuscode") if is_lead else None
        opportunity = row.get("_qualifyingopportunityid_value") if qualified else None
        return CrmRecord(
            known_id,
            table.name,
            stamp=_stamp([row, *self._contact_of(table, row, contacts)]),
            status=status,
            reason=status if is_lead and row.get("statecode") == _DISQUALIFIED else None,
            owner=self._people.owner_of(contact if contact is not None else row),
            values=_values(table, row, fields),
            merged_into=record_id if record_id.lower() != known_id.lower() else None,
            converted_to=str(contact["contactid"]) if contact is not None else None,
            opportunity_id=str(opportunity) if opportunity else None,
            by_us=self._people.is_me(row.get("_modifiedby_value"))
            and (contact is None or self._people.is_me(contact.get("_modifiedby_value"))),
        )

    def _select(self, table: Table, fields: Sequence[str]) -> list[str]:
        shown = {one.property for one in table.columns.values()}
        own = [column.property for name in fields if (column := table.column(name)) is not None]
        wanted = (table.id_column, *(name for name in _WANTED if name in shown), *own)
        return list(dict.fromkeys(wanted))


def _values(table: Table, row: Json, fields: Sequence[str]) -> dict[str, str | None]:
    columns = {name: table.column(name) for name in fields}
    texts = {name: to_text(column, row) for name, column in columns.items() if column is not None}
    return {
        name: without_rest(text) if name.lower() == "description" else text for name, text in texts.items()
    }


def _stamp(rows: Sequence[Json]) -> str:
    return max(stamp_of(row) for row in rows)


def _changed_since(rows: Sequence[Json], since: datetime) -> bool:
    """Say whether one of the rows changed since then; Dataverse's stamps are whole seconds."""
    floor = since.replace(microsecond=0)
    return any((read_moment(row["modifiedon"]) or floor) >= floor for row in rows)
