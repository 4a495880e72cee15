"""What is no longer in a supplier's Salesforce: deleted and merged records of a window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hooks.salesforce.soql import in_lists
from hooks.salesforce.window import WindowReader, between
from leadline.ports import Window

Row = Mapping[str, Any]
Gone = tuple[Row, str, str | None]
"""The row as it was, the stamp of its end, and the record that it was merged into."""


def deleted_leads(reader: WindowReader, select: str, window: Window) -> Iterator[Gone]:
    """Yield leads that were deleted in the window; a merge names the lead that goes on.

    `select` names `MasterRecordId`, which only `queryAll` shows: a lead merged away counts as deleted.
    """
    stamp = between("SystemModstamp", window.start, window.end)
    for row in reader.records(f"{select} WHERE IsDeleted = true AND {stamp}", all_rows=True):
        yield row, str(row["SystemModstamp"]), row.get("MasterRecordId")


def deleted_members(reader: WindowReader, select: str, window: Window) -> Iterator[Gone]:
    """Yield campaign members that were deleted in the window, by themselves or with their lead.

    Where the lead was merged, the member that goes on is the surviving lead's in the same campaign.
    """
    stamp = between("SystemModstamp", window.start, window.end)
    gone = f"WHERE IsDeleted = true AND {stamp}"
    lead = "SELECT Id, MasterRecordId, SystemModstamp FROM Lead"
    ends = {str(row["Id"]): row for row in reader.records(f"{lead} {gone}", all_rows=True)}
    members = {
        str(row["Id"]): row for row in reader.records(f"{select} {gone} AND LeadId != null", all_rows=True)
    }
    with_lead = _by_ids(reader, f"{select} WHERE LeadId IN", ends, all_rows=True)
    members |= {str(row["Id"]): row for row in with_lead}
    leads = {str(row["LeadId"]) for row in members.values() if row.get("LeadId")}
    earlier = f"{lead} WHERE IsDeleted = true AND Id IN"
    for row in _by_ids(reader, earlier, sorted(leads - ends.keys()), all_rows=True):
        ends[str(row["Id"])] = row
    masters = {lead: _master(lead, ends) for lead in ends}
    survivors = {
        (row["LeadId"], row["CampaignId"]): str(row["Id"])
        for row in _by_ids(
            reader,
            "SELECT Id, LeadId, CampaignId FROM CampaignMember WHERE LeadId IN",
            sorted({master for master in masters.values() if master}),
        )
    }
    for row in members.values():
        owner = str(row.get("LeadId"))
        ended = max(str(row["SystemModstamp"]), str(ends[owner]["SystemModstamp"]) if owner in ends else "")
        survivor = survivors.get((masters.get(owner), row.get("CampaignId")))
        yield row, ended, survivor if survivor != row["Id"] else None


def _master(lead: str, ends: Mapping[str, Row]) -> str | None:
    """Return the lead that goes on at the end of a chain of merges."""
    master, passed = ends[lead].get("MasterRecordId"), {lead}
    while master in ends and master not in passed:
        passed.add(str(master))
        master = ends[str(master)].get("MasterRecordId")
    return str(master) if master else None


def _by_ids(reader: WindowReader, head: str, ids: Iterable[str], *, all_rows: bool = False) -> Iterator[Row]:
    for chunk in in_lists(list(ids)):
        yield from reader.records(f"{head} {chunk}", all_rows=all_rows)
