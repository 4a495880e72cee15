"""Which records of a partner's environment stand for our leads already: by id, our external id, e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from hooks.dynamics.client import DynamicsClient
from hooks.dynamics.messages import Json
from hooks.dynamics.rows import any_of, by_id, chunks, following_merges
from hooks.dynamics.tables import Table, Tables
from hooks.dynamics.values import quoted
from leadline.ports import FoundRecord, RecordKeys

FILTER_TEXTS = 60
"""Texts in one `$filter`: they are longer than ids once encoded."""

_QUALIFIED = 1
_WANTED = ("statecode", "merged", "_masterid_value", "emailaddress1", "_parentcontactid_value")


def own_id(key: str) -> str:
    """Return the row id that a key of ours has wherever no alternate key can hold it.

    A row may be created under an id of the caller's choice: a repeat meets the row and makes no other.
    Source: Microsoft Learn, "Create a table row with the Web API".
    """
    return str(uuid5(NAMESPACE_URL, f"leadline:{key}"))


class RecordFinder:
    """Look-ups in one table of one environment."""

    def __init__(self, client: DynamicsClient, tables: Tables, object_: str, external_id_field: str) -> None:
        self._client = client
        self._tables = tables
        self._table = tables.get(object_)
        self._external_name = external_id_field
        column = self._table.column(external_id_field)
        self._external = column.name if column else None
        self._keyed = column is not None and self._table.is_key(column.name)
        shown = {one.property for one in self._table.columns.values()}
        wanted = (self._table.id_column, *_WANTED, *([self._external] if self._external else []))
        self._select = [name for name in wanted if name in shown]

    def find(self, keys: Sequence[RecordKeys]) -> dict[str, FoundRecord]:
        """Return what is there, by `RecordKeys.key`: by stored id, else by external id, else by e-mail."""
        found = self._stored([key for key in keys if key.record_id])
        rest = [key for key in keys if key.key not in found]
        external = self._by_external([key.external_id for key in rest])
        emails = self._by_email(
            [key.email.strip() for key in rest if key.external_id not in external and key.email.strip()]
        )
        rows: dict[str, tuple[Json, Literal["record_id", "external_id", "email"]]] = dict(found)
        for key in rest:
            if key.external_id in external:
                rows[key.key] = (external[key.external_id], "external_id")
            elif (same := self._best(emails.get(key.email.strip().casefold(), ()), key)) is not None:
                rows[key.key] = (same, "email")
        contacts = contacts_of(
            self._client, self._tables, [row for row, _ in rows.values() if self._is_qualified(row)]
        )
        there = {key: self._found(row, by, contacts) for key, (row, by) in rows.items()}
        return self._with_leads(there) if self._table.name == "contact" else there

    def _with_leads(self, found: dict[str, FoundRecord]) -> dict[str, FoundRecord]:
        """Give contacts without an id of ours, found by e-mail, that of the lead that became them."""
        bare = {
            key: one.record_id.lower()
            for key, one in found.items()
            if one.by == "email" and not one.external_id
        }
        lead = self._tables.get("lead") if bare else None
        column = lead.column(self._external_name) if lead else None
        if lead is None or column is None:
            return found
        ids: dict[str, str] = {}
        path = "originatingleadid"
        for chunk in chunks(bare.values()):
            params = {
                "$select": self._table.id_column,
                "$filter": any_of(self._table.id_column, chunk),
                "$expand": f"{path}($select={column.property})",
            }
            for row in self._client.rows(self._table.set_name, params):
                if external := (row.get(path) or {}).get(column.property):
                    ids[str(row[self._table.id_column]).lower()] = str(external)
            params = {
                "$select": f"{column.property},_parentcontactid_value",
                "$filter": f"{any_of('_parentcontactid_value', chunk)} and {column.property} ne null",
            }
            for row in self._client.rows(lead.set_name, params):
                ids.setdefault(str(row["_parentcontactid_value"]).lower(), str(row[column.property]))
        more = {key: replace(found[key], external_id=ids[one]) for key, one in bare.items() if one in ids}
        return {**found, **more}

    def _stored(
        self, keys: Sequence[RecordKeys]
    ) -> dict[str, tuple[Json, Literal["record_id", "external_id", "email"]]]:
        rows = by_id(self._client, self._table, (str(key.record_id) for key in keys), self._select)
        rows = following_merges(self._client, self._table, rows, self._select)
        return {
            key.key: (rows[one], "record_id") for key in keys if (one := str(key.record_id).lower()) in rows
        }

    def _by_external(self, ids: Sequence[str]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        if self._external:
            texts = {one.casefold(): one for one in ids}
            for row in self._where(self._external, ids):
                external = texts.get(str(row.get(self._external) or "").casefold())
                if external is not None:
                    found.setdefault(external, row)
        if not self._keyed:
            # Without an active key our records were made under ids that follow from ours.
            owns = {own_id(one): one for one in ids if one not in found}
            for record_id, row in by_id(self._client, self._table, owns, self._select).items():
                found[owns[record_id]] = row
        return found

    def _by_email(self, emails: Sequence[str]) -> dict[str, list[Json]]:
        """Return the records of each e-mail that may still be written or were qualified, oldest first.

        A disqualified lead or one that was merged away is read-only: it stands for nobody new.
        """
        found: dict[str, list[Json]] = {}
        for row in self._where("emailaddress1", emails):
            email = str(row.get("emailaddress1") or "").strip().casefold()
            usable = not row.get("merged") and (
                self._table.name != "lead" or row.get("statecode") in (0, _QUALIFIED)
            )
            if usable:
                found.setdefault(email, []).append(row)
        return found

    def _best(self, rows: Iterable[Json], key: RecordKeys) -> Json | None:
        """Return the oldest that is open, else the oldest."""
        may_be = [one for one in rows if str(one[self._table.id_column]) not in key.apart]
        return next((one for one in may_be if self._is_open(one)), may_be[0] if may_be else None)

    def _where(self, column: str, values: Iterable[str]) -> Iterator[Json]:
        for chunk in chunks(values, FILTER_TEXTS):
            params = {
                "$select": ",".join(self._select),
                "$filter": any_of(column, [quoted(value) for value in chunk]),
                "$orderby": "createdon asc",
            }
            yield from self._client.rows(self._table.set_name, params)

    def _is_open(self, row: Json) -> bool:
        return row.get("statecode") == 0

    def _is_qualified(self, row: Json) -> bool:
        return self._table.name == "lead" and row.get("statecode") == _QUALIFIED

    def _found(
        self,
        row: Json,
        by: Literal["record_id", "external_id", "email"],
        contacts: Mapping[str, Json],
    ) -> FoundRecord:
        record_id = str(row[self._table.id_column])
        converted = None
        if self._is_qualified(row):
            contact = contacts.get(record_id.lower())
            converted = str(contact["contactid"]) if contact else ""
        external = row.get(self._external) if self._external else None
        return FoundRecord(record_id, self._table.name, external, by=by, converted_to=converted)


def contacts_of(
    client: DynamicsClient, tables: Tables, leads: Sequence[Json], more: Sequence[str] = ()
) -> dict[str, Json]:
    """Return the contact that each qualified lead became, by the lead's id; merges followed.

    It is the one that names the lead as its origin, or else the one that the lead names as its contact.
    """
    if not leads:
        return {}
    table: Table = tables.get("contact")
    shown = {one.property for one in table.columns.values()}
    wanted = ("contactid", "merged", "_masterid_value", "_originatingleadid_value", "statecode", *more)
    select = [name for name in dict.fromkeys(wanted) if name in shown]
    found: dict[str, Json] = {}
    if "_originatingleadid_value" in shown:
        for chunk in chunks(str(lead["leadid"]).lower() for lead in leads):
            params = {
                "$select": ",".join(select),
                "$filter": any_of("_originatingleadid_value", chunk),
                "$orderby": "createdon asc",
            }
            for row in client.rows(table.set_name, params):
                found.setdefault(str(row["_originatingleadid_value"]).lower(), row)
    named = {
        str(lead["leadid"]).lower(): str(lead["_parentcontactid_value"]).lower()
        for lead in leads
        if lead.get("_parentcontactid_value") and str(lead["leadid"]).lower() not in found
    }
    rows = by_id(client, table, named.values(), select)
    found |= {lead: rows[contact] for lead, contact in named.items() if contact in rows}
    return following_merges(client, table, found, select)
