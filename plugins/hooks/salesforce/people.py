"""Where the source records of a supplier's org stand now: merged, converted, deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hooks.salesforce.bodies import Json
from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.rows import ends, rows_in, short

MEMBER = "CampaignMember"
_LEAD = ("IsConverted", "ConvertedContactId")


@dataclass(frozen=True)
class Standing:
    """What goes on of one source record; None where nothing does.

    Attributes:
        member_id: The campaign member, after merges of its lead.
        lead_id: The lead, after merges; a converted one cannot be changed any more.
        contact_id: What the lead was converted to; whose member it is where it was never a lead's.
    """

    member_id: str | None = None
    lead_id: str | None = None
    contact_id: str | None = None


class SourcePeople:
    """Looks for the standing of source records, which are members or leads."""

    def __init__(self, client: SalesforceClient, source_object: str) -> None:
        self._client = client
        self._members = source_object == MEMBER

    def standings(self, record_ids: Iterable[str]) -> dict[str, Standing]:
        """Return where each record stands, by its id; one that the org does not show stands nowhere."""
        ids = list(dict.fromkeys(record_ids))
        if self._members:
            return self._of_members(ids)
        leads = ends(self._client, "Lead", ids, _LEAD)
        contacts = self._contacts(leads.values())
        return {one: _of_lead(leads.get(short(one)), contacts) for one in ids}

    def _of_members(self, ids: list[str]) -> dict[str, Standing]:
        head = f"SELECT Id, IsDeleted, LeadId, ContactId, CampaignId FROM {MEMBER} WHERE"  # noqa: S608  names of ours
        members = {
            short(row["Id"]): row for row in rows_in(self._client, f"{head} Id IN", ids, all_rows=True)
        }
        leads = ends(
            self._client, "Lead", sorted({str(m["LeadId"]) for m in members.values() if m["LeadId"]}), _LEAD
        )
        gone = [member for member in members.values() if member["IsDeleted"]]
        survivors: dict[tuple[str, str], str] = {}
        if gone:
            masters = {str(leads[short(m["LeadId"])]["Id"]) for m in gone if short(m["LeadId"]) in leads}
            for row in rows_in(self._client, f"{head} LeadId IN", sorted(masters)):
                survivors[short(row["LeadId"]), short(row["CampaignId"])] = str(row["Id"])
        contacts = self._contacts(leads.values())
        found = {}
        for one in ids:
            member = members.get(short(one))
            if member is None:
                found[one] = Standing()
                continue
            lead = leads.get(short(member["LeadId"]))
            standing = _of_lead(lead, contacts)
            alive: str | None = str(member["Id"])
            if member["IsDeleted"]:
                alive = survivors.get((short(lead["Id"]), short(member["CampaignId"]))) if lead else None
            contact = standing.contact_id or (None if member["LeadId"] else member["ContactId"])
            found[one] = Standing(alive, standing.lead_id, contact)
        return found

    def _contacts(self, leads: Iterable[Json]) -> dict[str, str]:
        """Return the contacts of converted leads that are there still, merges followed."""
        named = {str(lead["ConvertedContactId"]) for lead in leads if lead.get("ConvertedContactId")}
        if not named:
            return {}
        rows = ends(self._client, "Contact", sorted(named), ())
        return {one: str(row["Id"]) for one, row in rows.items() if not row["IsDeleted"]}


def _of_lead(lead: Json | None, contacts: dict[str, str]) -> Standing:
    if lead is None or lead["IsDeleted"]:
        return Standing()
    lead_id = str(lead["Id"])
    if not lead.get("IsConverted"):
        return Standing(lead_id=lead_id)
    return Standing(lead_id=lead_id, contact_id=contacts.get(short(lead.get("ConvertedContactId"))))
