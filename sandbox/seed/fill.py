"""Puts the seed data into the rooms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox.salesforce import seeding
from sandbox.salesforce.control import act
from sandbox.salesforce.org import Org
from sandbox.seed.acme_campaigns import CampaignFile
from sandbox.seed.acme_files import DropFile
from sandbox.seed.globex_org import GlobexOrg, SourceLead, SourceMember
from sandbox.seed.partner_orgs import KnownRecord
from sandbox.seed.plan import Plan
from sandbox.sftp import drops
from sandbox.sftp.accounts import Account

STEP = timedelta(seconds=45)
"""Between one member of Globex's and the next; all of them fit into the three days before yesterday."""

FIRST_DAY = 4
"""Days before the seeding on which the first files and members came."""

_TEST_MEMBERS = 30


def fill_drops(
    campaign_files: Sequence[CampaignFile],
    files: Sequence[DropFile],
    account: Account,
    midnight: datetime,
    *,
    markers: bool = True,
) -> None:
    """Drop files, with their markers where there are any; `midnight` begins the day of the seeding."""
    for campaign_file in campaign_files:
        at = midnight - timedelta(days=campaign_file.day) + timedelta(minutes=campaign_file.minute)
        _drop(account, campaign_file.name, campaign_file.content, at, marker=markers)
    for file in files:
        at = midnight - timedelta(days=file.day) + timedelta(minutes=file.minute)
        _drop(account, file.name, file.content, at, marker=file.marker)


def fill_test_drops(plan: Plan, account: Account, midnight: datetime) -> None:
    """Drop a small file for the test target: a header and some rows of the first file of all."""
    lines = plan.files[0].content.decode("utf-8", "ignore").split("\n")
    good = [
        row.line for row in plan.files[0].rows if row.kind == "good" and not (row.lead or {}).get("comments")
    ]
    kept = [lines[0], *(lines[line - 1] for line in good[:_TEST_MEMBERS])]
    at = midnight - timedelta(days=2)
    _drop(account, "leads_test.csv", ("\n".join(kept) + "\n").encode(), at)
    _drop(account, "campaigns_test.csv", plan.campaign_files[0].content, at)


def fill_supplier_org(globex: GlobexOrg, org: Org, midnight: datetime, most: int | None = None) -> None:
    """Write campaigns, leads, members and activities, each with the stamps of its place in time."""
    start = midnight - timedelta(days=FIRST_DAY)
    before = {"SystemModstamp": (start - timedelta(days=30)).isoformat()}
    with org.store.transaction():
        rows = [{**one.values, **before} for one in globex.campaigns]
        campaigns = dict(
            zip([one.name for one in globex.campaigns], seeding.insert(org, "Campaign", rows), strict=True)
        )
        leads: dict[int, str] = {}
        for member in globex.members[:most]:
            at = start + STEP * member.place
            if member.lead.number not in leads:
                leads[member.lead.number] = _write_lead(org, member.lead, start, at)
            _write_member(org, member, leads[member.lead.number], campaigns[member.campaign.name], at)
    for member in globex.members[:most]:
        if member.lead.converted:
            act(org, "convert", {"lead_id": leads[member.lead.number], "opportunity": False})


def fill_partner_org(known_before: Iterable[KnownRecord], name: str, org: Org, midnight: datetime) -> None:
    """Write what a partner knew before."""
    before = {"SystemModstamp": (midnight - timedelta(days=100)).isoformat()}
    for known in known_before:
        if known.org != name:
            continue
        (made,) = seeding.insert(org, known.object, [{**known.fields, **before}])
        if known.why == "converted":
            act(org, "convert", {"lead_id": made, "opportunity": False})


def _drop(account: Account, name: str, content: bytes, at: datetime, *, marker: bool = True) -> None:
    drops.put(account, f"/inbox/{name}", content, at.timestamp())
    if marker:
        drops.put(account, f"/inbox/{name}.done", b"", at.timestamp() + 1)


def _write_lead(org: Org, lead: SourceLead, start: datetime, at: datetime) -> str:
    changed = at if lead.touched is None else start + STEP * lead.touched
    values: Mapping[str, Any] = {
        **lead.written,
        "CreatedDate": at.isoformat(),
        "SystemModstamp": changed.isoformat(),
    }
    (made,) = seeding.insert(org, "Lead", [values])
    subjects = ("Call", "Downloaded the white paper", "Visited the booth")
    tasks = [
        {
            "WhoId": made,
            "Subject": subjects[number],
            "Status": "Completed",
            "ActivityDate": f"{at + timedelta(hours=number):%Y-%m-%d}",
            "Description": f"{subjects[number]}: asked about prices",
            "SystemModstamp": (at + timedelta(seconds=5 + number)).isoformat(),
        }
        for number in range(lead.activities)
    ]
    seeding.insert(org, "Task", tasks)
    return made


def _write_member(org: Org, member: SourceMember, lead_id: str, campaign_id: str, at: datetime) -> None:
    stamp = (at + timedelta(seconds=1)).isoformat()
    values = {"CampaignId": campaign_id, "LeadId": lead_id, "Status": member.status, "SystemModstamp": stamp}
    seeding.insert(org, "CampaignMember", [values])
