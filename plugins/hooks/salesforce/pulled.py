"""What became of our records in a partner's org: status, owner, values, conversions, merges, deletions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from hooks.salesforce.bodies import Json
from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.fields import as_text
from hooks.salesforce.rows import current, ends, retrieve, short
from hooks.salesforce.users import Users
from hooks.salesforce.window import read_stamp
from leadline.errors import SchemaDrift
from leadline.ports import CrmRecord, KnownRecord

STAMP = "SystemModstamp"
_OWN: Mapping[str, tuple[str, ...]] = {
    "Lead": ("Status", "IsConverted", "ConvertedContactId", "ConvertedOpportunityId"),
}


class RecordPuller:
    """Known records of one org.

    All of them are looked at, 2,000 a call, stamps first: so one that is gone is noticed whenever it went.
    """

    def __init__(self, client: SalesforceClient, users: Users) -> None:
        self._client = client
        self._users = users
        self._fields: dict[str, dict[str, str]] = {}

    def pull(
        self, known: Sequence[KnownRecord], fields: Sequence[str], since: datetime | None
    ) -> Iterator[CrmRecord]:
        """Yield what changed at or after `since`, or since it was `seen`, and what is gone.

        A merged record comes with the survivor's status, owner and values; a converted lead with its last
        own ones, and the name of its contact, which is read on its own from then on.

        Raises:
            SchemaDrift: No object of the records has one of the fields.
        """
        objects = list(dict.fromkeys(one.object for one in known))
        for name in fields:
            if objects and not any(name.casefold() in self._described(object_) for object_ in objects):
                raise SchemaDrift(f"{' and '.join(objects)} have no field '{name}', or it is hidden from us")
        for object_ in objects:
            yield from self._of(object_, [one for one in known if one.object == object_], fields, since)

    def _of(
        self, object_: str, known: Sequence[KnownRecord], fields: Sequence[str], since: datetime | None
    ) -> Iterator[CrmRecord]:
        ids = {short(one.record_id): one.record_id for one in known}
        seen: dict[str, set[str]] = {}
        for one in known:
            if one.seen:
                seen.setdefault(short(one.record_id), set()).add(one.seen)

        def changed(one: str, stamp: str) -> bool:
            if since is None or read_stamp(stamp) >= since:
                return True
            return bool(seen.get(one, set()) - {stamp})

        columns = self._columns(object_, fields)
        if since is None:
            rows = retrieve(self._client, object_, ids.values(), columns)
            gone = [one for one in ids if one not in rows]
        else:
            stamps = retrieve(self._client, object_, ids.values(), ["Id", STAMP])
            gone = [one for one in ids if one not in stamps]
            wanted = [one for one, row in stamps.items() if changed(one, row[STAMP])]
            rows = retrieve(self._client, object_, (ids[one] for one in wanted), columns)
            gone += [one for one in wanted if one not in rows]  # it went in between
        ended = ends(self._client, object_, (ids[one] for one in gone), columns)
        rows |= {one: row for one, row in ended.items() if not row["IsDeleted"]}
        contacts = self._contacts(rows.values())
        self._users.learn(row.get("OwnerId") for row in rows.values())
        for record, row in rows.items():
            yield self._record(ids[record], object_, row, fields, contacts)
        for record in gone:
            if record not in ended:
                yield CrmRecord(ids[record], object_, missing=True)
            elif ended[record]["IsDeleted"] and changed(record, ended[record][STAMP]):
                yield CrmRecord(ids[record], object_, stamp=ended[record][STAMP], deleted=True)

    def _record(
        self, known_id: str, object_: str, row: Json, fields: Sequence[str], contacts: Mapping[str, str]
    ) -> CrmRecord:
        converted = str(row.get("ConvertedContactId") or "") if row.get("IsConverted") else ""
        merged = short(row["Id"]) != short(known_id)
        return CrmRecord(
            known_id,
            object_,
            stamp=row[STAMP],
            status=row.get("Status") if object_ == "Lead" else None,
            owner=self._users.get(row.get("OwnerId")),
            values=self._values(object_, row, fields),
            merged_into=str(row["Id"]) if merged else None,
            converted_to=contacts.get(short(converted), converted) if converted else None,
            opportunity_id=row.get("ConvertedOpportunityId") or None,
        )

    def _contacts(self, rows: Iterable[Json]) -> dict[str, str]:
        """Return the contacts of converted leads that are there, merges followed."""
        ids = {str(row["ConvertedContactId"]) for row in rows if row.get("ConvertedContactId")}
        found = current(self._client, "Contact", sorted(ids), ()) if ids else {}
        return {one: str(row["Id"]) for one, row in found.items() if not row["IsDeleted"]}

    def _values(self, object_: str, row: Json, fields: Sequence[str]) -> dict[str, str | None]:
        described = self._described(object_)
        names = {name: described[name.casefold()] for name in fields if name.casefold() in described}
        return {name: as_text(row.get(column)) for name, column in names.items()}

    def _columns(self, object_: str, fields: Sequence[str]) -> list[str]:
        described = self._described(object_)
        wanted = ("Id", STAMP, "OwnerId", *_OWN.get(object_, ()), *fields)
        return list(dict.fromkeys(described[one.casefold()] for one in wanted if one.casefold() in described))

    def _described(self, object_: str) -> dict[str, str]:
        if object_ not in self._fields:
            described = self._client.describe(object_)["fields"]
            self._fields[object_] = {str(one["name"]).casefold(): str(one["name"]) for one in described}
        return self._fields[object_]
