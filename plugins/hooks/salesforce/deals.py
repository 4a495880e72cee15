"""Opportunities of a partner's org that come from our records, or whose contact has their e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from hooks.salesforce.bodies import Json
from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.fields import as_text
from hooks.salesforce.rows import current, rows_about, rows_in, short
from hooks.salesforce.users import Users
from hooks.salesforce.window import literal, read_stamp, value_at
from leadline.ports import CrmOpportunity, KnownRecord

By = Literal["originating", "contact_match"]

_LEAD = ("IsConverted", "ConvertedContactId", "ConvertedOpportunityId", "CreatedDate", "SystemModstamp")
_COLUMNS = (
    "Name",
    "StageName",
    "Probability",
    "Amount",
    "CurrencyIsoCode",  # only of orgs with several currencies
    "CloseDate",
    "IsClosed",
    "IsWon",
    "OwnerId",
    "CreatedDate",
)


@dataclass
class _Links:
    """Which opportunities belong to which known records, 15 characters of their ids."""

    by: dict[str, dict[str, By]] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)  # the link itself is new: told though the deal is not
    only_if_deleted: set[tuple[str, str]] = field(default_factory=set)

    def add(self, deal: object, origin: str, by: By) -> None:
        origins = self.by.setdefault(short(deal), {})
        if origins.get(origin) != "originating":
            origins[origin] = by


@dataclass(frozen=True)
class _Origin:
    """A known record behind a contact; deals made before `after` came from elsewhere."""

    record_id: str
    after: datetime | None = None


class DealPuller:
    """Opportunities of one org."""

    def __init__(self, client: SalesforceClient, users: Users, external_id_field: str) -> None:
        self._client = client
        self._users = users
        self._external_id = external_id_field

    def pull(
        self, known: Sequence[KnownRecord], policy: By, since: datetime | None
    ) -> Iterator[CrmOpportunity]:
        """Yield opportunities that changed, or came to belong to a record, at or after `since`.

        By origin: the one that the lead's conversion made, and those that name as contact who a lead became
        or who was pushed as a contact; not what an existing contact had before the lead was there. By match:
        those that name any contact with the e-mail of a record. One that is deleted is told as such.
        """
        links = _Links()
        contacts = self._leads([one for one in known if one.object == "Lead"], links, since)
        pushed = [one.record_id for one in known if one.object == "Contact"]
        for contact, origins in self._contacts(pushed, links, since).items():
            contacts.setdefault(contact, []).extend(origins)
        self._roles("ContactId", contacts, "originating", links, since)
        if policy == "contact_match":
            emails: dict[str, list[_Origin]] = {}
            for record in known:
                if record.email.strip():
                    origins = emails.setdefault(record.email.strip().casefold(), [])
                    origins.append(_Origin(record.record_id))
            self._roles("Contact.Email", emails, "contact_match", links, since)
        yield from self._deals(links, since)

    def _leads(
        self, known: Sequence[KnownRecord], links: _Links, since: datetime | None
    ) -> dict[str, list[_Origin]]:
        """Note the deals that conversions made, and return the contacts that leads became."""
        rows = current(self._client, "Lead", [one.record_id for one in known], _LEAD)
        contacts: dict[str, list[_Origin]] = {}
        for one in known:
            row = rows.get(short(one.record_id))
            if row is None or not row.get("IsConverted"):
                continue
            self._converted(row, one.record_id, links, since)
            if contact := row.get("ConvertedContactId"):
                origin = _Origin(one.record_id, read_stamp(row["CreatedDate"]))
                contacts.setdefault(str(contact), []).append(origin)
        survivors = current(self._client, "Contact", list(contacts), ())
        moved: dict[str, list[_Origin]] = {}
        for contact, origins in contacts.items():
            row = survivors.get(short(contact))
            moved.setdefault(short(row["Id"] if row else contact), []).extend(origins)
        return moved

    def _contacts(
        self, known: Sequence[str], links: _Links, since: datetime | None
    ) -> dict[str, list[_Origin]]:
        """Return known contacts as origins; one that our lead was converted to has that lead's deals."""
        if not known:
            return {}
        rows = current(self._client, "Contact", known, self._ours("Contact"))
        at = {one: short(rows[short(one)]["Id"]) if short(one) in rows else short(one) for one in known}
        names = ", ".join(["Id", "IsDeleted", *_LEAD, *self._ours("Lead")])
        head = f"SELECT {names} FROM Lead WHERE ConvertedContactId IN"  # noqa: S608  names of ours
        leads: dict[str, list[Json]] = {}
        for row in rows_in(self._client, head, sorted({*at.values(), *map(short, known)}), all_rows=True):
            if row.get(self._external_id):
                leads.setdefault(short(row["ConvertedContactId"]), []).append(row)
        origins: dict[str, list[_Origin]] = {}
        for one in known:
            became = [row for contact in {at[one], short(one)} for row in leads.get(contact, ())]
            for row in became:
                self._converted(row, one, links, since)
            made = min((read_stamp(row["CreatedDate"]) for row in became), default=None)
            ours = rows.get(short(one), {}).get(self._external_id)
            origins.setdefault(at[one], []).append(_Origin(one, None if ours else made))
        return origins

    def _ours(self, object_: str) -> list[str]:
        """Return the field of our id, where the object has it."""
        described = {str(one["name"]) for one in self._client.describe(object_)["fields"]}
        return [self._external_id] if self._external_id in described else []

    def _converted(self, row: Json, origin: str, links: _Links, since: datetime | None) -> None:
        """Note the deal that a lead's conversion made."""
        if deal := row.get("ConvertedOpportunityId"):
            links.add(deal, origin, "originating")
            if since is None or read_stamp(row["SystemModstamp"]) >= since:
                links.fresh.add(short(deal))

    def _roles(
        self,
        path: str,
        origins: dict[str, list[_Origin]],
        by: By,
        links: _Links,
        since: datetime | None,
    ) -> None:
        """Note the deals that name one of these contacts, in a role or as their own contact."""
        if not origins:
            return
        names = f"Id, IsDeleted, {path}, SystemModstamp"
        changed = ""
        if since:
            changed = (
                f"(SystemModstamp >= {literal(since)} OR Opportunity.SystemModstamp >= {literal(since)})"
            )
        select = f"SELECT {names}, OpportunityId, Opportunity.CreatedDate FROM OpportunityContactRole"  # noqa: S608
        for row in rows_about(self._client, select, path, origins, changed, all_rows=True):
            made = value_at(row, "Opportunity.CreatedDate")
            self._note(row, row["OpportunityId"], made, path, origins, by, links)
        described = self._client.describe("Opportunity")["fields"]
        if any(one["name"] == "ContactId" for one in described):
            changed = f"SystemModstamp >= {literal(since)}" if since else ""
            select = f"SELECT {names}, CreatedDate FROM Opportunity"  # noqa: S608  names of ours
            for row in rows_about(self._client, select, path, origins, changed, all_rows=True):
                self._note(row, row["Id"], row["CreatedDate"], path, origins, by, links)

    def _note(
        self,
        row: Json,
        deal: object,
        made: str | None,
        path: str,
        origins: dict[str, list[_Origin]],
        by: By,
        links: _Links,
    ) -> None:
        value = str(value_at(row, path) or "")
        for origin in origins.get(value.strip().casefold() if path.endswith("Email") else short(value), ()):
            if origin.after and made and read_stamp(made) < origin.after:
                continue
            if row["IsDeleted"]:
                # A role that was taken away says nothing; one that went with its deal says which.
                if short(deal) not in links.by or origin.record_id not in links.by[short(deal)]:
                    links.only_if_deleted.add((short(deal), origin.record_id))
                    links.add(deal, origin.record_id, by)
            else:
                links.only_if_deleted.discard((short(deal), origin.record_id))
                links.add(deal, origin.record_id, by)
            links.fresh.add(short(deal))

    def _deals(self, links: _Links, since: datetime | None) -> Iterator[CrmOpportunity]:
        described = {str(one["name"]) for one in self._client.describe("Opportunity")["fields"]}
        shown = ", ".join(name for name in _COLUMNS if name in described)
        select = f"SELECT Id, IsDeleted, SystemModstamp, {shown} FROM Opportunity"  # noqa: S608
        rows = list(rows_in(self._client, f"{select} WHERE Id IN", sorted(links.fresh), all_rows=True))
        if since:
            rest = sorted(links.by.keys() - links.fresh)
            changed = f"SystemModstamp >= {literal(since)}"
            rows += rows_about(self._client, select, "Id", rest, changed, all_rows=True)
        self._users.learn(row.get("OwnerId") for row in rows)
        leads = self._came_from([str(row["Id"]) for row in rows])
        for row in rows:
            for origin, by in links.by[short(row["Id"])].items():
                if row["IsDeleted"] or (short(row["Id"]), origin) not in links.only_if_deleted:
                    yield self._deal(row, origin, by, leads.get(short(row["Id"]), ()))

    def _came_from(self, deals: Sequence[str]) -> dict[str, list[str]]:
        """Return the external ids of the leads whose conversions made deals, or joined them, by deal."""
        found: dict[str, list[str]] = {}
        if deals and self._ours("Lead"):
            head = f"SELECT Id, ConvertedOpportunityId, {self._external_id} FROM Lead"  # noqa: S608  names of ours
            head += f" WHERE {self._external_id} != null AND ConvertedOpportunityId IN"
            for row in rows_in(self._client, head, deals, all_rows=True):
                found.setdefault(short(row["ConvertedOpportunityId"]), []).append(str(row[self._external_id]))
        return found

    def _deal(self, row: Json, origin: str, by: By, leads: Iterable[str]) -> CrmOpportunity:
        probability = row.get("Probability")
        return CrmOpportunity(
            str(row["Id"]),
            origin,
            by,
            name=row.get("Name"),
            stage=row.get("StageName"),
            probability=None if probability is None else float(probability),
            amount=as_text(row.get("Amount")),
            currency=row.get("CurrencyIsoCode"),
            close_date=row.get("CloseDate"),
            is_closed=bool(row.get("IsClosed")),
            is_won=bool(row.get("IsWon")),
            owner=self._users.get(row.get("OwnerId")),
            stamp=row["SystemModstamp"],
            deleted=bool(row["IsDeleted"]),
            created_at=read_stamp(row["CreatedDate"]) if row.get("CreatedDate") else None,
            came_from=frozenset(leads),
        )
