"""Opportunities that came from our leads, or whose contact has a lead's e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from hooks.dynamics.client import DynamicsClient
from hooks.dynamics.find import FILTER_TEXTS
from hooks.dynamics.messages import Json
from hooks.dynamics.people import People
from hooks.dynamics.rows import any_of, by_id, chunks, following_merges
from hooks.dynamics.tables import Table, Tables
from hooks.dynamics.values import label_of, moment_text, plain_number, quoted, read_moment, stamp_of
from leadline.ports import CrmOpportunity, KnownRecord

By = Literal["originating", "contact_match"]

_WANTED = (
    "name",
    "statecode",
    "statuscode",
    "stepname",
    "salesstage",
    "closeprobability",
    "estimatedvalue",
    "actualvalue",
    "estimatedclosedate",
    "actualclosedate",
    "createdon",
    "modifiedon",
    "_ownerid_value",
    "_originatingleadid_value",
    "_parentcontactid_value",
    "_customerid_value",
)
_OPEN, _WON = 0, 1


@dataclass
class _Links:
    """Opportunity rows by id, and to which known records each belongs."""

    rows: dict[str, Json] = field(default_factory=dict)
    origins: dict[str, dict[str, By]] = field(default_factory=dict)

    def add(self, row: Json, records: Iterable[str], by: By) -> None:
        """Note that a row belongs to records; by origin beats by e-mail."""
        deal = str(row["opportunityid"]).lower()
        self.rows[deal] = row
        for record in records:
            self.origins.setdefault(deal, {}).setdefault(record, by)


class DealPuller:
    """Opportunities of one environment."""

    def __init__(
        self, client: DynamicsClient, tables: Tables, people: People, external_id_field: str
    ) -> None:
        self._client = client
        self._tables = tables
        self._people = people
        self._external_id = external_id_field

    def pull(
        self, known: Sequence[KnownRecord], policy: By, since: datetime | None
    ) -> Iterator[CrmOpportunity]:
        """Yield opportunities that changed, or came to belong to a record, at or after `since`.

        By origin: those that name a lead of ours as theirs, and those of a person that was pushed as a
        contact. By match: those whose contact has the e-mail of a record.
        """
        if not known:
            return
        links = _Links()
        self._of_leads([one for one in known if one.object == "lead"], links, since)
        self._of_contacts([one for one in known if one.object == "contact"], links, since)
        if policy == "contact_match":
            self._of_emails(known, links, since)
        self._people.learn(links.rows.values())
        for deal, row in links.rows.items():
            for record, by in links.origins[deal].items():
                yield self._opportunity(row, record, by)

    def _of_leads(self, known: Sequence[KnownRecord], links: _Links, since: datetime | None) -> None:
        records = self._ends("lead", known)
        path = "originatingleadid"
        for row in self._where("_originatingleadid_value", list(records), since, path):
            links.add(row, records.get(str(row["_originatingleadid_value"]).lower(), ()), "originating")

    def _of_contacts(self, known: Sequence[KnownRecord], links: _Links, since: datetime | None) -> None:
        records = self._ends("contact", known)
        for column, path in (("_parentcontactid_value", "parentcontactid"), ("_customerid_value", None)):
            for row in self._where(column, list(records), since, path):
                links.add(row, records.get(str(row[column]).lower(), ()), "originating")

    def _of_emails(self, known: Sequence[KnownRecord], links: _Links, since: datetime | None) -> None:
        records: dict[str, list[str]] = {}
        for one in known:
            if email := one.email.strip().casefold():
                records.setdefault(email, []).append(one.record_id)
        for path in ("parentcontactid", "customerid_contact"):
            for chunk in chunks(records, FILTER_TEXTS):
                condition = any_of(f"{path}/emailaddress1", [quoted(email) for email in chunk])
                expand = f"{path}($select=emailaddress1)"
                for row in self._ask(condition, since, path, expand):
                    email = str((row.get(path) or {}).get("emailaddress1") or "").strip().casefold()
                    links.add(row, records.get(email, ()), "contact_match")

    def _ends(self, name: str, known: Sequence[KnownRecord]) -> dict[str, list[str]]:
        """Return record -> the known records that it is now: a merge leads to the survivor."""
        if not known:
            return {}
        table: Table = self._tables.get(name)
        select = [table.id_column]
        select += [one for one in ("merged", "_masterid_value") if self._shows(table, one)]
        rows = by_id(self._client, table, (one.record_id for one in known), select)
        ends = following_merges(self._client, table, rows, select)
        found: dict[str, list[str]] = {}
        for one in known:
            row = ends.get(one.record_id.lower())
            if row is not None:
                found.setdefault(str(row[table.id_column]).lower(), []).append(one.record_id)
                if str(row[table.id_column]).lower() != one.record_id.lower():
                    found.setdefault(one.record_id.lower(), []).append(one.record_id)
            else:
                found.setdefault(one.record_id.lower(), []).append(one.record_id)
        return found

    def _where(
        self, column: str, ids: Sequence[str], since: datetime | None, path: str | None
    ) -> Iterator[Json]:
        for chunk in chunks(ids):
            yield from self._ask(any_of(column, chunk), since, path)

    def _ask(
        self, condition: str, since: datetime | None, path: str | None, expand: str = ""
    ) -> Iterator[Json]:
        table = self._tables.get("opportunity")
        shown = [name for name in _WANTED if self._shows(table, name)]
        if since is not None:
            moment = moment_text(since)
            linked = f" or {path}/modifiedon ge {moment}" if path else ""
            condition = f"{condition} and (modifiedon ge {moment}{linked})"
        expands = ["transactioncurrencyid($select=isocurrencycode)", *([expand] if expand else [])]
        if column := self._tables.get("lead").column(self._external_id):
            expands.append(f"originatingleadid($select={column.property})")
        params = {
            "$select": ",".join([table.id_column, *shown]),
            "$filter": condition,
            "$expand": ",".join(expands),
            "$orderby": "modifiedon asc",
        }
        yield from self._client.rows(table.set_name, params)

    def _shows(self, table: Table, name: str) -> bool:
        return any(column.property == name for column in table.columns.values())

    def _opportunity(self, row: Json, record_id: str, by: By) -> CrmOpportunity:
        state = row.get("statecode")
        won = state == _WON
        amount = (
            row.get("actualvalue")
            if won and row.get("actualvalue") is not None
            else row.get("estimatedvalue")
        )
        probability = row.get("closeprobability")
        currency: Mapping[str, object] = row.get("transactioncurrencyid") or {}
        closed_on = row.get("actualclosedate") if state != _OPEN else None
        return CrmOpportunity(
            record_id=str(row["opportunityid"]),
            origin=record_id,
            by=by,
            name=row.get("name"),
            stage=row.get("stepname") or label_of(row, "salesstage") or label_of(row, "statuscode"),
            probability=None if probability is None else float(probability),
            amount=None if amount is None else plain_number(amount),
            currency=str(currency["isocurrencycode"]) if currency.get("isocurrencycode") else None,
            close_date=str(closed_on or row.get("estimatedclosedate") or "")[:10] or None,
            is_closed=state != _OPEN,
            is_won=won,
            owner=self._people.owner_of(row),
            stamp=stamp_of(row),
            created_at=read_moment(row.get("createdon")),
            came_from=frozenset(self._came_from(row)),
        )

    def _came_from(self, row: Json) -> Iterator[str]:
        lead: Mapping[str, object] = row.get("originatingleadid") or {}
        column = self._tables.get("lead").column(self._external_id)
        if column and (external := lead.get(column.property)):
            yield str(external)
